using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Prints the measurements as they come, and at the end the medians and what they are worth.</summary>
internal sealed class LoadReport(TextWriter output, LoadOptions options)
{
    private const int FirstColumn = 24;
    private const int OtherColumns = 8;

    private readonly List<(int Run, string Target, LoadSample Sample)> _samples = [];
    private readonly List<(int Run, Floors Floors)> _floors = [];
    private readonly List<(string Name, SqlDialect Database)> _ours = [];

    /// <summary>Orders to a COMMIT at the most connections, as seen while warming up.</summary>
    public double WarmUpBatch { get; private set; } = 1;

    /// <summary>Says what is measured, where and when.</summary>
    public void Begin(WorkFolder folder)
    {
        Line($"LicenseAuthority under load, {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC");
        Line($"machine   {Environment.ProcessorCount} cores, {ProcessorName()}; {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}");
        Line($"database  {folder.FileSystem}{(folder.FileSystem == "tmpfs" ? ": NOT A DISK, choose another --folder" : "")}");
        Line($"runs      {options.Runs} of {options.Duration.TotalSeconds:N0} s each; client and server share the machine; 127.0.0.1");
        if (options.Profile == LoadProfile.Mixed)
        {
            Line($"profile   mixed: of ten requests five are new orders, two send an order again, two renew, one is a look-up; the limits below are those of new orders");
        }

        if (options.Profile == LoadProfile.V2)
        {
            Line($"profile   v2: of ten requests three are new instances, which ask an open API on this machine, two renew by V2 and two by V1, one freezes, one thaws, one asks; the limits below are those of V1's orders");
        }

        if (!options.WithCfssl)
        {
            Line($"cfssl     left out");
        }
    }

    /// <summary>A service has started and is warm.</summary>
    public void Started(AuthorityUnderTest authority, LoadSample warmUp)
    {
        _ours.Add((authority.Target.Name, authority.Database));
        if (!double.IsNaN(warmUp.Batch))
        {
            WarmUpBatch = warmUp.Batch;
        }

        var full = warmUp.PerSecond.Skip(warmUp.PerSecond.Count / 2).DefaultIfEmpty().Average();
        var fullAfter = warmUp.PerSecond.TakeWhile(answers => answers < 0.9 * full).Count();
        Line($"start     {authority.Target.Name}: first license code {authority.FirstAnswer.TotalMilliseconds:N0} ms after the start of the process; 90 % of full speed in second {fullAfter + 1} of load ({string.Join(' ', warmUp.PerSecond.Take(8))} …)");
    }

    public void BeginRun(int run, Floors before)
    {
        Line($"");
        Line($"run {run}");
        Line($"floors before  {before}");
        Head("run");
    }

    public void Add(int run, string target, LoadSample sample)
    {
        _samples.Add((run, target, sample));
        Row(target, [sample]);
        foreach (var (kind, answers, median, slow) in sample.Kinds)
        {
            Line($"  {kind,-20} {answers,8:N0} answers, p50 {median:N2} ms, p99 {slow:N1} ms");
        }

        if (sample.Failures > 0)
        {
            Line($"  {sample.Failures} answers were no success; the first: {sample.FirstFailure}");
        }
    }

    public void EndRun(int run, Floors before, Floors after)
    {
        _floors.Add((run, Floors.Between(before, after)));
        Line($"floors after   {after}");
    }

    /// <summary>The medians, and the ratios that the goals are about.</summary>
    public void Summary(bool withCfssl)
    {
        Line($"");
        Line($"MEDIANS of {options.Runs} runs");
        Head("server");
        foreach (var group in _samples.GroupBy(sample => (sample.Target, sample.Sample.Connections)))
        {
            Row(group.Key.Target, [.. group.Select(sample => sample.Sample)]);
        }

        Line($"");
        var most = options.Connections[^1];
        foreach (var (ours, database) in _ours)
        {
            Line($"{ours}, {most} connections:");
            Line($"  limit of the cores            {Median(ours, most, (sample, floors) => floors.CoreLimit(database) * sample.Available):N0}/s = cores / (H + S + V + W), without the share of others");
            Line($"  limit of the database         {Median(ours, most, (sample, floors) => floors.StoreLimit(database, sample.Batch)):N0}/s = {(database == SqlDialect.Sqlite ? "1 / (execute + COMMIT / batch)" : "stored without HTTP and signatures")}");
            Line($"  RATE / LOWER LIMIT            {Median(ours, most, (sample, floors) => sample.Rate / floors.Limit(database, sample)):N2}   (goal: at least 0.60)");
            if (withCfssl)
            {
                foreach (var connections in options.Connections)
                {
                    Line($"  ours / cfssl, {connections,2} connections  {OverCfssl(ours, connections, sample => sample.Rate):N2} by rate, {OverCfssl(ours, connections, sample => sample.Rate / sample.Available):N2} by rate and share of the machine");
                }
            }

            if (options.Connections.Contains(1))
            {
                Line($"  one at a time                 p99 {Median(ours, 1, (sample, _) => sample.Slow):N1} ms; two slow flushes and 5 ms are {Median(ours, 1, (_, floors) => (2 * floors.SlowFlush / 1000) + 5):N1} ms");
            }
        }

        var (first, firstDatabase) = _ours[0];
        foreach (var (more, database) in _ours.Skip(1))
        {
            var goal = database == firstDatabase && options.Stored.Count > 1 ? "   (goal: at most 1.50)" : "";
            Line($"{more} / {first}:");
            foreach (var connections in options.Connections)
            {
                Line($"  time for one order, {connections,2} connections  {Rate(first, connections) / Rate(more, connections):N2}; CPU for one order {Cpu(more, connections) / Cpu(first, connections):N2}{goal}");
            }
        }

        if (options.WithCfssl && !withCfssl)
        {
            Line($"{CfsslServer.HowToInstall}");
        }
    }

    /// <summary>Kills the service and says whether what it answered is in its database. True when orders were lost.</summary>
    public async Task<bool> EndAsync(AuthorityUnderTest authority)
    {
        var memory = authority.MemoryMegabytes;
        var (answered, found, calls, callsFound) = await authority.KillAndCountAsync();

        // Orders that were under way when a measurement ended may be stored without having been counted.
        Line($"{authority.Target.Name}: killed at {memory:N0} MB; {answered:N0} orders answered, {found:N0} found in the database{(found < answered ? ": ORDERS WERE LOST" : "")}");
        Line($"{authority.Target.Name}: {calls:N0} calls answered, {callsFound:N0} found in the journal{(callsFound < calls ? $": {calls - callsFound:N0} were dropped, or are an operator's look-ups" : "")}");
        return found < answered;
    }

    private static string ProcessorName() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private double Rate(string target, int connections) => Median(target, connections, (sample, _) => sample.Rate);

    private double Cpu(string target, int connections) => Median(target, connections, (sample, _) => sample.CpuPerRequest);

    private double OverCfssl(string ours, int connections, Func<LoadSample, double> value) => Median(ours, connections, (sample, _, run) =>
        value(sample) / value(_samples.Single(other => other.Run == run && other.Target == "cfssl" && other.Sample.Connections == connections).Sample));

    private double Median(string target, int connections, Func<LoadSample, Floors, double> value) =>
        Median(target, connections, (sample, floors, _) => value(sample, floors));

    private double Median(string target, int connections, Func<LoadSample, Floors, int, double> value) => Median(_samples
        .Where(sample => sample.Target == target && sample.Sample.Connections == connections)
        .Select(sample => value(sample.Sample, _floors.Single(floors => floors.Run == sample.Run).Floors, sample.Run)));

    private void Head(string first) => Cells(first, "conn", "/s", "p50 ms", "p99 ms", "max ms", "CPU µs", "batch", "idle", "stolen", "others");

    private void Row(string name, IReadOnlyCollection<LoadSample> samples)
    {
        string Of(Func<LoadSample, double> value, string format)
        {
            var median = Median(samples.Select(value));
            return double.IsNaN(median) ? "" : median.ToString(format, CultureInfo.InvariantCulture);
        }

        Cells(
            name,
            Of(sample => sample.Connections, "N0"),
            Of(sample => sample.Rate, "N0"),
            Of(sample => sample.Median, "N2"),
            Of(sample => sample.Slow, "N1"),
            Of(sample => sample.Slowest, "N0"),
            Of(sample => sample.CpuPerRequest, "N0"),
            Of(sample => sample.Batch, "N1"),
            Of(sample => sample.Machine.Idle, "P0"),
            Of(sample => sample.Machine.Steal, "P1"),
            Of(sample => sample.Others, "P0"));
    }

    private void Cells(string first, params ReadOnlySpan<string> cells)
    {
        var line = new StringBuilder(first.PadRight(FirstColumn));
        foreach (var cell in cells)
        {
            line.Append(' ').Append(cell.PadLeft(OtherColumns));
        }

        Line($"{line}");
    }

    private void Line(FormattableString text)
    {
        output.WriteLine(text.ToString(CultureInfo.InvariantCulture).TrimEnd());
        output.Flush();
    }
}
