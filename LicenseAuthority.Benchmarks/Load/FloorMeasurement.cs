namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Measures the <see cref="Floors"/>, as often as asked.</summary>
internal sealed class FloorMeasurement : IDisposable
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    private readonly int _connections;
    private readonly ChildProcess _server;
    private readonly WriterFloor _writer;
    private readonly DiskFloor _disk;
    private LoadTarget _target = null!;

    private FloorMeasurement(WorkFolder folder, int connections, int stored)
    {
        _connections = connections;
        _writer = new WriterFloor(folder, stored);
        _disk = new DiskFloor(folder);
        _server = ChildProcess.StartDotNet(
            typeof(FloorMeasurement).Assembly.Location, [FloorServer.Name], new Dictionary<string, string>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            });
    }

    /// <summary>Starts what it needs, and warms it up.</summary>
    public static async Task<FloorMeasurement> StartAsync(WorkFolder folder, int connections, int stored)
    {
        var floors = new FloorMeasurement(folder, connections, stored);
        try
        {
            var numbers = new OrderNumbers();
            floors._target = new LoadTarget(
                "floor", await floors._server.ReadPortAsync(), floors._server, () => new OrderRequest("any key", numbers), FloorServer.Answer);
            await LoadClient.RunAsync(floors._target, connections, WarmUp);
            SignatureFloor.Measure();
            floors._writer.Measure(batch: 16);
            return floors;
        }
        catch
        {
            floors.Dispose();
            throw;
        }
    }

    /// <summary>Measures once, the writer with so many orders to a COMMIT.</summary>
    public async Task<Floors> MeasureAsync(double batch)
    {
        var http = await LoadClient.RunAsync(_target, _connections, Duration);
        var (sign, verify) = SignatureFloor.Measure();
        var (cpu, execute, commit) = _writer.Measure(Math.Max(1, (int)Math.Round(batch)));
        var (flush, slowFlush) = _disk.Measure();
        return new Floors(Environment.ProcessorCount * http.Available * 1e6 / http.Rate, sign, verify, cpu, execute, commit, flush, slowFlush);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _server.Dispose();
        _writer.Dispose();
        _disk.Dispose();
    }
}
