using System.Diagnostics;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>
/// The floor W and the writer's own limit: all the rows of an order through <see cref="LicenseStore"/>, batch by batch with one durable COMMIT each, on a
/// connection like the writer's; no HTTP, no signatures, no waiting.
/// </summary>
internal sealed class WriterFloor : IDisposable
{
    private const int Changes = 2_048;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private readonly SqliteDatabase _database;
    private readonly SqliteWriteConnection _connection;
    private readonly LicenseStore _store;
    private readonly LicenseChanges _changes = new("writer");

    /// <summary>Opens a database of its own in the folder, filled like the one that is measured.</summary>
    public WriterFloor(WorkFolder folder, int stored)
    {
        var path = folder.PathOf("writer/license-authority.db");
        StoredLicenses.FillAsync(path, stored).GetAwaiter().GetResult();
        var options = new StorageOptions { ConnectionString = $"Data Source={path}" };
        _database = SqliteDatabase.Open(options, folder.FullPath, TimeProvider.System);
        _connection = new SqliteWriteConnection(SqliteConnections.From(options, folder.FullPath).OpenWriter());
        _store = new LicenseStore(_database, OutboxFeed.None, TimeProvider.System);
    }

    /// <summary>Measures with so many orders to a COMMIT. All in µs: CPU and time to execute one order, time of one COMMIT.</summary>
    public (double Cpu, double Execute, double Commit) Measure(int batch)
    {
        var executing = TimeSpan.Zero;
        var committing = TimeSpan.Zero;
        var cpu = TimeSpan.Zero;
        var items = 0;
        var commits = 0;
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < Duration)
        {
            // Made beforehand: only the store is measured.
            var made = _changes.Take(Changes).ConvertAll(static change => (Change: change, Events: EventRows.Prepare(change.Events)));
            foreach (var chunk in made.Chunk(batch))
            {
                var cpuBefore = Environment.CpuUsage.TotalTime;
                var startedAt = Stopwatch.GetTimestamp();
                _connection.Begin();
                foreach (var (change, events) in chunk)
                {
                    _ = _store.StoreAsync(_connection.Session, change, events, []).AsTask().GetAwaiter().GetResult();
                }

                var executedAt = Stopwatch.GetTimestamp();
                _connection.Commit();
                committing += Stopwatch.GetElapsedTime(executedAt);
                executing += Stopwatch.GetElapsedTime(startedAt, executedAt);
                cpu += Environment.CpuUsage.TotalTime - cpuBefore;
                items += chunk.Length;
                commits++;
            }
        }

        return (cpu.TotalMicroseconds / items, executing.TotalMicroseconds / items, committing.TotalMicroseconds / commits);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }
}
