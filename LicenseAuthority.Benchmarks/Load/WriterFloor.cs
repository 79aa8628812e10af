using System.Diagnostics;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Stores;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>
/// The writer's own limit on SQLite: all the rows of an order through <see cref="LicenseStore"/> and its call's row in the journal, batch by batch with one
/// durable COMMIT each, on a connection like the writer's; no HTTP, no signatures, no waiting.
/// </summary>
internal sealed class WriterFloor(SqliteDatabase database, SqliteConnections connections, bool withCalls) : StoreFloorMeasurement
{
    private const int Changes = 2_048;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private readonly SqliteWriteConnection _connection = new(connections.OpenWriter());
    private readonly LicenseStore _store = BareStore.Of(database);
    private readonly LicenseChanges _changes = new("writer");
    private readonly JournaledCalls _calls = new();

    /// <inheritdoc/>
    public override Task<StoreFloor> MeasureAsync(int connections, int batch)
    {
        var executing = TimeSpan.Zero;
        var committing = TimeSpan.Zero;
        var cpu = TimeSpan.Zero;
        var items = 0;
        var commits = 0;
        var pages = 0;
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < Duration)
        {
            // Made beforehand: only the store is measured.
            var made = _changes.Take(Changes).ConvertAll(static change => new PreparedCommit(change, OutboxFeed.None));
            foreach (var chunk in made.Chunk(batch))
            {
                var calls = CallStore.ToRows(withCalls ? _calls.Take(chunk.Length) : []);
                var cpuBefore = Environment.CpuUsage.TotalTime;
                var startedAt = Stopwatch.GetTimestamp();
                _connection.Begin();
                foreach (var prepared in chunk)
                {
                    // Has ended when it returns, as everything on SQLite.
                    _ = _store.StoreAsync(_connection.Session, prepared).AsTask().GetAwaiter().GetResult();
                }

                CallStore.Add(_connection.Session, calls);

                var executedAt = Stopwatch.GetTimestamp();
                _connection.Commit();
                committing += Stopwatch.GetElapsedTime(executedAt);
                executing += Stopwatch.GetElapsedTime(startedAt, executedAt);
                cpu += Environment.CpuUsage.TotalTime - cpuBefore;
                items += chunk.Length;
                commits++;
                pages += _connection.TakePagesWritten();
                if (pages >= PagesBetweenCheckpoints)
                {
                    // Not counted: in the service another thread does it.
                    pages = 0;
                    _ = _connection.CheckPoint();
                }
            }
        }

        return Task.FromResult<StoreFloor>(
            new WriterStoreFloor(cpu.TotalMicroseconds / items, executing.TotalMicroseconds / items, committing.TotalMicroseconds / commits));
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return database.DisposeAsync();
    }

    private static int PagesBetweenCheckpoints { get; } = new SqliteWriterLimits().PagesBetweenCheckpoints;
}
