namespace LicenseAuthority.Storage;

/// <summary>
/// Keeps low writes from taking turns with normal ones: while somebody else writes, each is followed by a pause of three times its own length, so that
/// together they take a quarter of the database and of the disk. While nobody else writes there is no pause. It knows the writes of its own process only.
/// Thread-safe.
/// </summary>
/// <param name="countNormalWrites">How many normal writes there have been so far.</param>
/// <param name="time">Measures.</param>
internal sealed class LowPace(Func<long> countNormalWrites, TimeProvider time)
{
    private const int PauseFactor = 3;

    // So long after a normal write the next one is expected.
    private static readonly TimeSpan Contention = TimeSpan.FromSeconds(1);

    // A longer one waited for something else, such as a lock, or the machine slept meanwhile: low writes would stand still for three times as long.
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(1);

    private long _normalWrites;
    private long _contendedUntil;
    private long _pausedUntil;

    /// <summary>Somebody else writes, as far as the low writes have noticed.</summary>
    public bool IsContended => IsAhead(ref _contendedUntil, time.GetTimestamp());

    /// <summary>Runs a low write after the pause that is due, and returns what it does.</summary>
    /// <param name="work">What is written.</param>
    /// <param name="write">Runs the work that it is given when its turn has come: until then it only waits for others.</param>
    /// <param name="cancellationToken">Ends the pause.</param>
    public async Task<T> RunAsync<T>(
        Func<IWriteSession, ValueTask<T>> work, Func<Func<IWriteSession, ValueTask<T>>, Task<T>> write, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (IsAhead(ref _pausedUntil, now))
        {
            await Task.Delay(time.GetElapsedTime(now, Volatile.Read(ref _pausedUntil)), time, cancellationToken);
        }

        var begunAt = 0L;
        var result = await write(session =>
        {
            begunAt = time.GetTimestamp();
            return work(session);
        });
        now = time.GetTimestamp();
        var normalWrites = countNormalWrites();
        if (Interlocked.Exchange(ref _normalWrites, normalWrites) != normalWrites)
        {
            Volatile.Write(ref _contendedUntil, now + (long)(Contention.TotalSeconds * time.TimestampFrequency));
        }

        if (IsAhead(ref _contendedUntil, now) && time.GetElapsedTime(begunAt, now) < LongestWrite)
        {
            Volatile.Write(ref _pausedUntil, now + (PauseFactor * (now - begunAt)));
        }

        return result;
    }

    private static bool IsAhead(ref long timestamp, long now) => Volatile.Read(ref timestamp) > now;
}
