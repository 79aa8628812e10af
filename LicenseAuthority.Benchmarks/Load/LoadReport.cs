using System.Globalization;
using System.Text;
using LicenseAuthority.Benchmarks.Figures;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Prints the measurements as they come, and at the end the medians and what they are worth.</summary>
internal sealed class LoadReport(TextWriter output, LoadOptions options, LoadResult result)
{
    private const int FirstColumn = 24;
    private const int OtherColumns = 8;

    /// <summary>Says what is measured, where and when.</summary>
    public void Begin(WorkFolder folder)
    {
        Line($"LicenseAuthority under load, {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC");
        Line($"machine   {Machine.Text}");
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
        var service = result.Add(authority, warmUp);
        Line($"start     {service.Name}: first license code {service.FirstAnswer.TotalMilliseconds:N0} ms after the start of the process; 90 % of full speed after {service.FullSpeedAfter} s of load ({string.Join(' ', warmUp.PerSecond.Take(8))} …)");
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
        result.Add(run, target, sample);
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
        result.Add(run, before, after);
        Line($"floors after   {after}");
    }

    /// <summary>The medians, and the ratios that the goals are about.</summary>
    public void Summary(bool withCfssl)
    {
        Line($"");
        Line($"MEDIANS of {options.Runs} runs");
        Head("server");
        foreach (var group in result.Samples)
        {
            Row(group.Key.Target, [.. group]);
        }

        Line($"");
        foreach (var service in result.Services)
        {
            Line($"{service.Name}, {options.Connections[^1]} connections: limit of the cores {result.CoreLimit(service):N0}/s, without the share of others; limit of the database {result.StoreLimit(service):N0}/s");
        }

        Line($"");
        var lines = new FigureLines(output);
        foreach (var figure in result.Figures().Concat(result.ComparedFigures()))
        {
            lines.Add(figure);
        }

        Line($"");
        if (options.WithCfssl && !withCfssl)
        {
            Line($"{CfsslServer.HowToInstall}");
        }
    }

    /// <summary>Kills the service and says whether what it answered is in its database.</summary>
    public async Task EndAsync(AuthorityUnderTest authority)
    {
        var memory = authority.MemoryMegabytes;
        var (answered, found, calls, callsFound) = await authority.KillAndCountAsync();

        // Orders that were under way when a measurement ended may be stored without having been counted.
        Line($"{authority.Target.Name}: killed at {memory:N0} MB; {answered:N0} orders answered, {found:N0} found in the database{(found < answered ? ": ORDERS WERE LOST" : "")}");
        Line($"{authority.Target.Name}: {calls:N0} calls answered, {callsFound:N0} found in the journal{(callsFound < calls ? $": {calls - callsFound:N0} were dropped, or are an operator's look-ups" : "")}");
        result.AddKill(answered, found);
    }

    private void Head(string first) => Cells(first, "conn", "/s", "p50 ms", "p99 ms", "max ms", "CPU µs", "batch", "idle", "stolen", "others");

    private void Row(string name, IReadOnlyCollection<LoadSample> samples)
    {
        string Of(Func<LoadSample, double> value, string format)
        {
            var median = LoadResult.Median(samples.Select(value));
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
