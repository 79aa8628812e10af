namespace LicenseAuthority.Doors;

/// <summary>
/// Lets one of many equal log lines through a minute, and says how many there were: whoever knows an address must not be able to fill a disk. Thread-safe.
/// </summary>
internal sealed class LogSampler(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _counted;
    private long _told;
    private long _nextAt = long.MinValue;

    /// <summary>Counts one. True: tell it now, for the <paramref name="sinceLast"/> that came since the last one that was told.</summary>
    public bool Count(out long sinceLast)
    {
        var counted = Interlocked.Increment(ref _counted);
        var now = time.GetTimestamp();
        var nextAt = Interlocked.Read(ref _nextAt);
        if (now < nextAt || Interlocked.CompareExchange(ref _nextAt, now + (long)(Interval.TotalSeconds * time.TimestampFrequency), nextAt) != nextAt)
        {
            sinceLast = 0;
            return false;
        }

        sinceLast = counted - Interlocked.Exchange(ref _told, counted);
        return true;
    }
}
