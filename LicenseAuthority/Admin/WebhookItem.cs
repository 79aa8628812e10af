using System.Text.Json.Serialization;
using LicenseAuthority.Webhooks;

namespace LicenseAuthority.Admin;

/// <summary>A webhook as the admin door shows it. The secret is there once, when the webhook is added.</summary>
internal sealed record WebhookItem(
    string Id,
    string Url,
    IReadOnlyList<string> Events,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DisabledItem? Disabled,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret)
{
    public static WebhookItem From(Webhook webhook, string? secret = null) => new(
        webhook.Id,
        webhook.Url.AbsoluteUri,
        webhook.Events,
        webhook.CreatedAt,
        webhook.CreatedBy,
        webhook.DisabledAt is { } since ? new DisabledItem(since, webhook.DisabledReason!) : null,
        secret);

    /// <summary>Shows which one; neither the secret nor the URL.</summary>
    public override string ToString() => $"webhook {Id}";
}

/// <summary>Since when nothing is sent, and why.</summary>
internal sealed record DisabledItem(DateTimeOffset Since, string Reason);
