using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Webhooks;

/// <summary>
/// Adds, enables and deletes webhooks. When a method returns, this node knows of the change (unless the store is busy); others do within a second.
/// Thread-safe.
/// </summary>
internal sealed class WebhookRegistry(
    IWebhookStore store, WebhookSubscriptions subscriptions, WebhookSecrets secrets, Identifiers identifiers, OutboxSignal signal,
    IOptions<WebhookOptions> options, TimeProvider time)
{
    /// <summary>So many at most: each one is a message more for every event.</summary>
    public const int Most = 50;

    /// <inheritdoc cref="WebhookUrl.FindFault"/>
    public string? FindFault(string url) => WebhookUrl.FindFault(url, options.Value.AllowPrivateAddresses);

    /// <summary>Adds one; null when there are <see cref="Most"/> already.</summary>
    /// <param name="url">Where to; without fault.</param>
    /// <param name="events">What for, of <see cref="WebhookEvents.All"/>; at least one.</param>
    /// <param name="actor">Who adds it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The webhook, and its secret as a receiver enters it: nobody can read that again.</returns>
    public async Task<(Webhook Webhook, string Secret)?> AddAsync(
        string url, IReadOnlyList<string> events, string actor, CancellationToken cancellationToken)
    {
        var id = identifiers.NewWebhookId();
        var secret = WebhookSecrets.NewSecret();
        var webhook = new Webhook
        {
            Id = id,
            Url = new Uri(url),
            Events = [.. events.Distinct()],
            EncryptedSecret = await secrets.EncryptAsync(id, secret, cancellationToken),
            CreatedAt = time.GetUtcNow(),
            CreatedBy = actor,
        };
        if (!await store.TryAddAsync(webhook, Most, cancellationToken))
        {
            return null;
        }

        await RefreshAsync();
        return (webhook, WebhookSecrets.ToText(secret));
    }

    /// <summary>Deletes one with its messages; false when there is none.</summary>
    public async Task<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        var deleted = await store.DeleteAsync(id, time.GetUtcNow(), cancellationToken);
        await RefreshAsync();
        return deleted;
    }

    /// <summary>Sends there again; null when there is none. What was dead-lettered stays so.</summary>
    public async Task<Webhook?> EnableAsync(string id, CancellationToken cancellationToken)
    {
        await store.EnableAsync(id, cancellationToken);
        await RefreshAsync();
        signal.Wake();
        return subscriptions.Find(id);
    }

    // It is done; a store that is busy now must not make it look undone, and the secret of a new webhook is shown only once.
    private async Task RefreshAsync()
    {
        try
        {
            await subscriptions.RefreshAsync(CancellationToken.None);
        }
        catch (StoreBusyException)
        {
            // This node learns of it like the others, within a second.
        }
    }
}
