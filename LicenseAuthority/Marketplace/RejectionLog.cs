namespace LicenseAuthority.Marketplace;

/// <summary>
/// Counts the calls that were not authenticated, and tells of them at most once a minute: whoever knows the address must not be able to fill a disk.
/// Thread-safe.
/// </summary>
internal sealed partial class RejectionLog(TimeProvider time, ILogger<RejectionLog> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _rejected;
    private long _told;
    private long _nextAt = long.MinValue;

    /// <summary>Calls that were not authenticated since the start.</summary>
    public long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>Counts one.</summary>
    public void Count(System.Net.IPAddress? caller)
    {
        var rejected = Interlocked.Increment(ref _rejected);
        var now = time.GetTimestamp();
        var nextAt = Interlocked.Read(ref _nextAt);
        if (now >= nextAt && Interlocked.CompareExchange(ref _nextAt, now + (long)(Interval.TotalSeconds * time.TimestampFrequency), nextAt) == nextAt)
        {
            LogRejected(rejected - Interlocked.Exchange(ref _told, rejected), caller);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Count} marketplace calls could not be authenticated, the last one from {Caller}. If they are the marketplace's, compare Marketplace:AccessKeys with its seller centre.")]
    private partial void LogRejected(long count, System.Net.IPAddress? caller);
}
