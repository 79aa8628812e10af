namespace LicenseAuthority.Outbox;

/// <summary>The configuration section <c>Outbox</c>.</summary>
internal sealed class OutboxOptions
{
    public const string SectionName = "Outbox";

    /// <summary>Whether this node sends. Default: yes. Messages are written all the same, for other nodes or for later.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How long delivered messages stay listed before they are deleted, 1 hour to 365 days. Default: 7 days.</summary>
    public TimeSpan KeepDelivered { get; set; } = TimeSpan.FromDays(7);

    /// <summary>From which age of the oldest message that waits the health check is yellow, 1 minute to 3 days. Default: 15 minutes.</summary>
    public TimeSpan BacklogWarning { get; set; } = TimeSpan.FromMinutes(15);
}
