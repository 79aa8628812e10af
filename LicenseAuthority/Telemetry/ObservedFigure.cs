namespace LicenseAuthority.Telemetry;

/// <summary>
/// A figure that has to be read from the store, for gauges. However often somebody collects, the store is asked at most every ten seconds, and nobody
/// waits for it: what is shown is the last answer. Thread-safe.
/// </summary>
internal sealed class ObservedFigure<T>(Func<CancellationToken, ValueTask<T>> read, TimeProvider time)
{
    private static readonly TimeSpan BetweenReads = TimeSpan.FromSeconds(10);

    private long _nextReadAt = long.MinValue;
    private volatile Found? _found;

    /// <summary>The last answer, if the store gave one when it was asked last; asks again when it is time to.</summary>
    public bool TryGet(out T? figure)
    {
        var now = time.GetTimestamp();
        var nextReadAt = Interlocked.Read(ref _nextReadAt);
        if (now >= nextReadAt
            && Interlocked.CompareExchange(ref _nextReadAt, now + (long)(BetweenReads.TotalSeconds * time.TimestampFrequency), nextReadAt) == nextReadAt)
        {
            // Not waited for: a store that hangs must not hold up whoever collects. One that answers at once has answered here.
            _ = ReadAsync();
        }

        var found = _found;
        figure = found is null ? default : found.Figure;
        return found is not null;
    }

    private async Task ReadAsync()
    {
        try
        {
            _found = new Found(await read(CancellationToken.None));
        }
        catch (Exception)
        {
            // Health and the log tell of a store that does not answer; a figure from before would tell that all is well.
            _found = null;
        }
    }

    private sealed record Found(T Figure);
}
