using System.Diagnostics;
using System.Text;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Drives a server: each connection sends its next request as soon as it has the answer to the one before.</summary>
internal static class LoadClient
{
    public static async Task<LoadSample> RunAsync(LoadTarget target, int connections, TimeSpan duration)
    {
        var drivers = new List<Driver>();
        try
        {
            for (var i = 0; i < connections; i++)
            {
                var driver = new Driver(target, target.Ports[i % target.Ports.Count], (int)Math.Ceiling(duration.TotalSeconds));
                drivers.Add(driver);
                await driver.ConnectAsync();
            }

            var machine = MachineUse.Now();
            var ownCpu = Environment.CpuUsage.TotalTime;
            var serverCpu = target.Cpu();
            var commits = target.Commits?.Invoke() ?? 0;
            var begin = Stopwatch.GetTimestamp();
            var end = begin + (long)(duration.TotalSeconds * Stopwatch.Frequency);
            await Task.WhenAll(drivers.Select(driver => Task.Run(() => driver.RunAsync(begin, end))));

            var elapsed = Stopwatch.GetElapsedTime(begin);
            var used = MachineUse.Now().Since(machine);
            var cpu = target.Cpu() - serverCpu;
            var ours = (cpu + Environment.CpuUsage.TotalTime - ownCpu) / elapsed / Environment.ProcessorCount;
            var answers = drivers.Sum(driver => driver.Latencies.Count);
            var latencies = drivers.SelectMany(driver => driver.Latencies).Order().ToArray();
            return new LoadSample(
                connections,
                answers / elapsed.TotalSeconds,
                Percentile(latencies, 0.5),
                Percentile(latencies, 0.99),
                Percentile(latencies, 1),
                cpu.TotalMicroseconds / answers,
                target.Commits is null ? double.NaN : answers / (double)Math.Max(1, target.Commits() - commits),
                used,
                Math.Max(0, used.Busy - ours),
                answers,
                drivers.Sum(driver => driver.Orders),
                drivers.Sum(driver => driver.Failures),
                drivers.Select(driver => driver.FirstFailure).FirstOrDefault(failure => failure is not null),
                [.. drivers.Select(driver => driver.LastAnswer)],
                [.. Enumerable.Range(0, drivers[0].PerSecond.Length).Select(second => drivers.Sum(driver => driver.PerSecond[second]))],
                [
                    .. drivers.SelectMany(driver => driver.Kinds).GroupBy(each => each.Kind, each => each.Latency)
                        .OrderBy(group => group.Key, StringComparer.Ordinal).Select(Summarise),
                ]);
        }
        finally
        {
            drivers.ForEach(driver => driver.Dispose());
        }
    }

    private static KindOfRequest Summarise(IGrouping<string, long> group)
    {
        var sorted = group.Order().ToArray();
        return new KindOfRequest(group.Key, sorted.Length, Percentile(sorted, 0.5), Percentile(sorted, 0.99));
    }

    private static double Percentile(long[] sorted, double share) => sorted.Length == 0
        ? double.NaN
        : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))] * 1000.0 / Stopwatch.Frequency;

    private sealed class Driver(LoadTarget target, int port, int seconds) : IDisposable
    {
        private readonly HttpConnection _connection = new();
        private readonly RequestWriter _requests = target.NewRequests();

        public List<long> Latencies { get; } = new(16 * 1024);

        public List<(string Kind, long Latency)> Kinds { get; } = [];

        public int[] PerSecond { get; } = new int[seconds];

        public long Orders { get; private set; }

        public long Failures { get; private set; }

        public string? FirstFailure { get; private set; }

        public byte[] LastAnswer { get; private set; } = [];

        public Task ConnectAsync() => _connection.ConnectAsync(port);

        public async Task RunAsync(long begin, long end)
        {
            var sentAt = Stopwatch.GetTimestamp();
            byte[] last = [];
            while (sentAt < end)
            {
                var (status, body) = await _connection.ExchangeAsync(_requests.Next());
                var answeredAt = Stopwatch.GetTimestamp();
                if (status == 200 && body.Span.IndexOf(_requests.Success ?? target.Success) >= 0)
                {
                    Latencies.Add(answeredAt - sentAt);
                    PerSecond[Math.Min(seconds - 1, (int)((answeredAt - begin) / Stopwatch.Frequency))]++;
                    if (_requests.Kind is { } kind)
                    {
                        Kinds.Add((kind, answeredAt - sentAt));
                    }

                    _requests.Answered(body.Span);
                    if (_requests.IsNewOrder)
                    {
                        Orders++;
                        last = body.ToArray();
                    }
                }
                else
                {
                    Failures++;
                    FirstFailure ??= $"HTTP {status} {Encoding.UTF8.GetString(body.Span)}";
                }

                sentAt = answeredAt;
            }

            LastAnswer = last;
        }

        public void Dispose() => _connection.Dispose();
    }
}
