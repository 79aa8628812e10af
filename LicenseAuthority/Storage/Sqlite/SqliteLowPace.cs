namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// Keeps low writes from taking turns with normal ones: while somebody else writes, each is followed by a pause of three times its own length, so that
/// together they take a quarter of the writer and of the disk. While nobody else writes there is no pause. Thread-safe.
/// </summary>
internal sealed class SqliteLowPace(SqliteWriter writer, TimeProvider time)
{
    private const int PauseFactor = 3;

    // So long after a normal write the next one is expected.
    private static readonly TimeSpan Contention = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestWrite = new SqliteWriterLimits().MaxOutcomeTime;

    private long _normalWrites;
    private long _contendedUntil;
    private long _pausedUntil;

    /// <summary>Somebody else writes, as far as the low writes have noticed.</summary>
    public bool IsContended => IsAhead(ref _contendedUntil, time.GetTimestamp());

    /// <summary>As <see cref="SqliteWriter.RunAsync"/> at low priority, after the pause that is due.</summary>
    public async Task<T> RunAsync<T>(Func<SqliteWriteSession, T> work, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (IsAhead(ref _pausedUntil, now))
        {
            await Task.Delay(time.GetElapsedTime(now, Volatile.Read(ref _pausedUntil)), time, cancellationToken);
        }

        var begunAt = 0L;
        var result = await writer.RunAsync(
            session =>
            {
                begunAt = time.GetTimestamp();
                return work(session);
            },
            WritePriority.Low,
            cancellationToken);
        now = time.GetTimestamp();
        var normalWrites = writer.NormalWrites;
        if (Interlocked.Exchange(ref _normalWrites, normalWrites) != normalWrites)
        {
            Volatile.Write(ref _contendedUntil, now + (long)(Contention.TotalSeconds * time.TimestampFrequency));
        }

        // A longer one has failed: the machine slept between the write and this line, and low writes would stand still for three times as long.
        if (IsAhead(ref _contendedUntil, now) && time.GetElapsedTime(begunAt, now) < LongestWrite)
        {
            Volatile.Write(ref _pausedUntil, now + (PauseFactor * (now - begunAt)));
        }

        return result;
    }

    private static bool IsAhead(ref long timestamp, long now) => Volatile.Read(ref timestamp) > now;
}
