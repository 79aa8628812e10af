using System.Diagnostics;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Storage;
using LicenseAuthority.Stores;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>
/// All the rows of an order through <see cref="LicenseStore"/>, as many orders at once as the service has connections, and the rows of their calls in the journal,
/// many in one transaction; no HTTP, no signatures.
/// </summary>
internal sealed class PostgresStoreFloor(TestedDatabase tested, IDatabase database, bool withCalls) : StoreFloorMeasurement
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    private readonly LicenseStore _store = BareStore.Of(database);
    private readonly CallStore _journal = new(database);
    private readonly LicenseChanges _changes = new("writer");
    private readonly JournaledCalls _calls = new();

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
                if (Interlocked.Increment(ref stored) % ICallStore.BatchSize == 0 && withCalls)
                {
                    List<CallRecord> calls;
                    lock (_calls)
                    {
                        calls = _calls.Take(ICallStore.BatchSize);
                    }

                    await _journal.AddAsync(calls, [], [], CancellationToken.None);
                }
            }
        })));
        var elapsed = Stopwatch.GetElapsedTime(begin);
        var cpu = tested.ServerCpu - serverCpu + Environment.CpuUsage.TotalTime - ownCpu;
        return new ServerStoreFloor(cpu.TotalMicroseconds / stored, stored / elapsed.TotalSeconds);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
