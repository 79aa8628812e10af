using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Measures the <see cref="Floors"/>, as often as asked.</summary>
internal sealed class FloorMeasurement : IAsyncDisposable
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    private readonly int _connections;
    private readonly ChildProcess _server;
    private readonly DiskFloor _disk;
    private readonly Dictionary<SqlDialect, StoreFloorMeasurement> _stores = [];
    private LoadTarget _target = null!;

    private FloorMeasurement(WorkFolder folder, int connections)
    {
        _connections = connections;
        _disk = new DiskFloor(folder);
        _server = ChildProcess.StartDotNet(
            typeof(FloorMeasurement).Assembly.Location, [FloorServer.Name], new Dictionary<string, string>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            });
    }

    /// <summary>Starts what it needs, and warms it up.</summary>
    /// <param name="folder">Where the disk is measured.</param>
    /// <param name="connections">Keep-alive connections, and callers of the database.</param>
    /// <param name="databases">Databases of their own, filled like those that are measured, one for each dialect.</param>
    public static async Task<FloorMeasurement> StartAsync(WorkFolder folder, int connections, IEnumerable<TestedDatabase> databases)
    {
        var floors = new FloorMeasurement(folder, connections);
        try
        {
            foreach (var database in databases)
            {
                floors._stores.Add(database.Dialect, database.NewFloor(withCalls: true));
            }

            var numbers = new OrderNumbers();
            floors._target = new LoadTarget(
                "floor", [await floors._server.ReadPortAsync()], () => floors._server.Cpu, () => new OrderRequest("any key", numbers), FloorServer.Answer);
            await LoadClient.RunAsync(floors._target, connections, WarmUp);
            SignatureFloor.Measure();
            await floors.MeasureStoresAsync(batch: 16);
            return floors;
        }
        catch
        {
            await floors.DisposeAsync();
            throw;
        }
    }

    /// <summary>Measures once, SQLite's writer with so many orders to a COMMIT.</summary>
    public async Task<Floors> MeasureAsync(double batch)
    {
        var http = await LoadClient.RunAsync(_target, _connections, Duration);
        var (sign, verify) = SignatureFloor.Measure();
        var stores = await MeasureStoresAsync(Math.Max(1, (int)Math.Round(batch)));
        var (flush, slowFlush) = _disk.Measure();
        return new Floors(Environment.ProcessorCount * http.Available * 1e6 / http.Rate, sign, verify, flush, slowFlush, stores);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _server.Dispose();
        _disk.Dispose();
        foreach (var store in _stores.Values)
        {
            await store.DisposeAsync();
        }
    }

    private async Task<Dictionary<SqlDialect, StoreFloor>> MeasureStoresAsync(int batch)
    {
        var measured = new Dictionary<SqlDialect, StoreFloor>();
        foreach (var (dialect, store) in _stores)
        {
            measured.Add(dialect, await store.MeasureAsync(_connections, batch));
        }

        return measured;
    }
}
