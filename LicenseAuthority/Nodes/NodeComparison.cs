namespace LicenseAuthority.Nodes;

/// <summary>
/// Makes this process known to the others on the same database, and warns of those whose settings differ. Settings are per node and read at start: a node
/// that differs serves all the same, as one by one is how they are changed.
/// </summary>
internal sealed partial class NodeComparison(INodeRegistry registry, NodeSettings settings, NodeName name, TimeProvider time, ILogger<NodeComparison> logger)
    : PollingService(Interval, lookAtStart: true, time)
{
    /// <summary>How often a node says that it runs.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RunsUntil = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(1);

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly HashSet<NodeRecord> _told = [];

    /// <summary>This node's name.</summary>
    public string Name => name.Text;

    /// <summary>Says once that this node runs, and looks at the others. Never twice at the same time.</summary>
    public async Task CompareAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        await registry.SaveAsync(new NodeRecord(Name, settings), _startedAt, now, Forgotten, cancellationToken);
        var seen = await registry.FindSeenAsync(now, RunsUntil, cancellationToken);
        foreach (var other in seen)
        {
            // A node never changes its settings while it runs: told once is enough.
            if (Difference(other.Settings) is { Length: > 0 } difference && _told.Add(other))
            {
                LogDiffers(Name, other.Name, difference);
            }
        }

        _told.IntersectWith(seen);
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => CompareAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception)
    {
        // Only a warning depends on it.
        LogFailed(exception, exception.Message);
    }

    private string Difference(NodeSettings other)
    {
        var differences = new List<string>();
        if (other.PublicUrl != settings.PublicUrl)
        {
            differences.Add($"PublicUrl is {settings.PublicUrl} here and {other.PublicUrl} there");
        }

        if (other.ProductsSha256 != settings.ProductsSha256)
        {
            differences.Add("Products are not the same");
        }

        if (other.AccountsSha256.Length > 0 && other.AccountsSha256 != settings.AccountsSha256)
        {
            differences.Add("Marketplace:AccessKeys, OpenApi or Accounts are not the same");
        }

        return string.Join("; ", differences);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "This node, {Node}, and node {OtherNode} serve one database with different settings: {Difference}. What a license becomes depends on which of them is asked: make them the same and restart the one that is wrong.")]
    private partial void LogDiffers(string node, string otherNode, string difference);

    [LoggerMessage(LogLevel.Warning, "The settings of the other nodes could not be compared, tried again every 10 s: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);
}
