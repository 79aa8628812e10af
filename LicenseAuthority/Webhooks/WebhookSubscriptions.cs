using System.Collections.Frozen;

namespace LicenseAuthority.Webhooks;

/// <summary>
/// All webhooks, in memory, so that an event that nobody wants to hear of costs nothing. Read anew when this node changes one, and within a second when
/// another node does. An event that a node stores before it has seen a new webhook does not go there. Thread-safe.
/// </summary>
internal sealed partial class WebhookSubscriptions(IWebhookStore store, TimeProvider time, ILogger<WebhookSubscriptions> logger)
    : PollingService(PollInterval, lookAtStart: false, time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private volatile Snapshot _current = new(-1, []);

    /// <summary>All webhooks, the oldest first, deleted ones too.</summary>
    public IReadOnlyList<Webhook> All => _current.Webhooks;

    /// <summary>The webhooks that an event goes to, by its word; empty for most.</summary>
    public IReadOnlyList<Webhook> Of(string word) => _current.ByWord.GetValueOrDefault(word, []);

    /// <summary>The webhook, unless it was deleted; or null.</summary>
    public Webhook? Find(string id) => _current.Webhooks.FirstOrDefault(webhook => webhook.Id == id && webhook.DeletedAt is null);

    /// <summary>Reads all anew if any has changed.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (await store.ReadVersionAsync(cancellationToken) == _current.Version)
        {
            return;
        }

        var (version, webhooks) = await store.ReadAsync(cancellationToken);
        lock (_lock)
        {
            // Another one may have read later and come first.
            if (version > _current.Version)
            {
                _current = new Snapshot(version, webhooks);
            }
        }
    }

    /// <summary>Reads them before the service takes a call.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => RefreshAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception)
    {
        // The last known ones go on to count while the store does not answer.
        LogFailed(exception);
    }

    [LoggerMessage(LogLevel.Warning, "Whether webhooks have changed cannot be read; it is tried each second, and this is not repeated until it succeeds.")]
    private partial void LogFailed(Exception exception);

    private sealed class Snapshot(long version, IReadOnlyList<Webhook> webhooks)
    {
        public long Version { get; } = version;

        public IReadOnlyList<Webhook> Webhooks { get; } = webhooks;

        public FrozenDictionary<string, Webhook[]> ByWord { get; } = webhooks
            .Where(static webhook => webhook.IsOpen)
            .SelectMany(static webhook => webhook.Events, static (webhook, word) => (Word: word, Webhook: webhook))
            .GroupBy(static each => each.Word, static each => each.Webhook, StringComparer.Ordinal)
            .ToFrozenDictionary(static group => group.Key, static group => group.ToArray(), StringComparer.Ordinal);
    }
}
