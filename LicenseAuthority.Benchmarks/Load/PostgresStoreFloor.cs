using System.Diagnostics;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Storage;
using LicenseAuthority.Stores;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>All the rows of an order through <see cref="LicenseStore"/>, each order in a transaction of its own, on many connections; no HTTP, no signatures.</summary>
internal sealed class PostgresStoreFloor(TestedDatabase tested, IDatabase database) : StoreFloorMeasurement
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    private readonly LicenseStore _store = BareStore.Of(database);
    private readonly LicenseChanges _changes = new("writer");

    /// <inheritdoc/>
    public override async Task<StoreFloor> MeasureAsync(int connections, int batch)
    {
        var stored = 0;
        var serverCpu = tested.ServerCpu;
        var ownCpu = Environment.CpuUsage.TotalTime;
        var begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(begin) < Duration)
            {
                Licensing.LicenseCommit change;
                lock (_changes)
                {
                    change = _changes.Take(1)[0];
                }

                await _store.StoreAsync(change, CancellationToken.None);
                Interlocked.Increment(ref stored);
            }
        })));
        var elapsed = Stopwatch.GetElapsedTime(begin);
        var cpu = tested.ServerCpu - serverCpu + Environment.CpuUsage.TotalTime - ownCpu;
        return new ServerStoreFloor(cpu.TotalMicroseconds / stored, stored / elapsed.TotalSeconds);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
