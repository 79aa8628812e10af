namespace LicenseAuthority.Storage;

/// <summary>
/// A write of our own, to find out whether a database that failed can be written again: while it is red no load balancer sends an order that would tell.
/// Larger than what an order writes, since the last free blocks of a full disk take a small write and no order. One at a time: who asks while one is on
/// its way waits for that one. Thread-safe.
/// </summary>
internal sealed class WriteProbe(IDatabase database, TimeProvider time)
{
    private const string Upsert =
        """
        INSERT INTO write_probe (only_one, written_at, filler)
        VALUES (1, @written_at, @filler)
        ON CONFLICT (only_one) DO UPDATE SET written_at = excluded.written_at, filler = excluded.filler
        """;

    private static readonly byte[] Filler = new byte[128 * 1024];

    private readonly Lock _gate = new();
    private Task<bool>? _running;

    /// <summary>Writes; true when the database is green afterwards. Why it is not is in its state.</summary>
    public Task<bool> TryAsync()
    {
        lock (_gate)
        {
            return _running is { IsCompleted: false } ? _running : _running = WriteAsync();
        }
    }

    private async Task<bool> WriteAsync()
    {
        try
        {
            var now = Instants.ToSql(time.GetUtcNow());
            await database.WriteAsync(session => session.Prepared(Upsert).Bind(now, Filler).ExecuteAsync());
        }
        catch (Exception)
        {
            // Whoever failed has told the state.
        }

        return database.State.Fault is null;
    }
}
