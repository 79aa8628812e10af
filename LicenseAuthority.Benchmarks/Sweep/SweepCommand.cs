using System.Diagnostics;
using System.Globalization;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;
using LicenseAuthority.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace LicenseAuthority.Benchmarks.Sweep;

/// <summary>
/// The command <c>sweep</c>: how fast the clock's decisions are recorded when very many licenses are due, and what an order notices of it.
/// docs/benchmarks.md explains the figures.
/// </summary>
internal static class SweepCommand
{
    public const string Name = "sweep";

    private const string Usage =
        """
        sweep [--database sqlite] [--licenses 1000000] [--only alone|beside] [--folder PATH]
          --database  sqlite, postgres or sqlite,postgres (one after the other); postgres starts a server of its own
          --licenses  how many are due
          --only      one half of it: the sweep alone, or orders beside it
          --folder    where databases and keys go for the time being; default: the folder for temporary files
        """;

    private const int Parts = 4;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(14);
    private static readonly TimeSpan Measurement = TimeSpan.FromSeconds(8);

    /// <summary>Runs it; 0 when all due licenses were settled.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var count = 1_000_000;
        string? only = null;
        List<SqlDialect> dialects = [SqlDialect.Sqlite];
        var parent = Path.GetTempPath();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 < args.Length && args[i] == "--licenses" && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                count = number;
            }
            else if (i + 1 < args.Length && args[i] == "--only" && args[i + 1] is ("alone" or "beside"))
            {
                only = args[i + 1];
            }
            else if (i + 1 < args.Length && args[i] == "--database" && TestedDatabases.Parse(args[i + 1]) is { } asked)
            {
                dialects = asked;
            }
            else if (i + 1 < args.Length && args[i] == "--folder" && Directory.Exists(args[i + 1]))
            {
                parent = Path.GetFullPath(args[i + 1]);
            }
            else
            {
                await Console.Error.WriteLineAsync(Usage);
                return 1;
            }
        }

        if (TestedDatabases.WhyNot(dialects) is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return 1;
        }

        using var folder = new WorkFolder(parent);
        await using var databases = new TestedDatabases(folder);
        BenchmarkKeys.Make(folder.PathOf("keys"));
        using var disk = new DiskFloor(folder);
        var complete = true;
        foreach (var dialect in dialects)
        {
            Line($"{dialect}: {count:N0} licenses are due; {folder.FileSystem}");
            complete &= only == "beside" || await SweepAloneAsync(await databases.MakeAsync(dialect), count) == count;
            if (only != "alone")
            {
                await SweepBesideOrdersAsync(folder, disk, await databases.MakeAsync(dialect), count);
            }
        }

        return complete ? 0 : 2;
    }

    // The enforcer by itself, without HTTP: how many a second, and whether memory stays flat.
    private static async Task<int> SweepAloneAsync(TestedDatabase tested, int count)
    {
        await tested.FillAsync(count, due: true);
        return await tested.UseAsync(async database =>
        {
            var due = new ReportingDueLicenses(
                new DueLicenses(database, OutboxFeed.None, BareStore.NoListeners, BareStore.Unreadable, TimeProvider.System), count / Parts);
            var enforcer = new ExpiryEnforcer(due, TimeProvider.System, NullLogger<ExpiryEnforcer>.Instance);

            var cpuBefore = Environment.CpuUsage.TotalTime + tested.ServerCpu;
            var begin = Stopwatch.GetTimestamp();
            var settled = await enforcer.SettleDueAsync(CancellationToken.None);
            var elapsed = Stopwatch.GetElapsedTime(begin);
            var cpu = Environment.CpuUsage.TotalTime + tested.ServerCpu - cpuBefore;

            Line($"alone     {settled:N0} settled in {elapsed.TotalSeconds:N1} s: {settled / elapsed.TotalSeconds:N0}/s (goal: 20,000/s), {cpu.TotalMicroseconds / settled:N1} µs CPU each");
            Line($"memory    {string.Join(", ", due.Megabytes.Select(megabytes => megabytes.ToString("N0", CultureInfo.InvariantCulture)))} MB after each quarter");
            return settled;
        });
    }

    // The real service with its scheduler: orders one at a time while the sweep runs, and afterwards.
    private static async Task SweepBesideOrdersAsync(WorkFolder folder, DiskFloor disk, TestedDatabase database, int count)
    {
        using var authority = await AuthorityUnderTest.StartAsync(folder, new LoadOptions().Service, database, count, due: true);

        // The sweep begins with the service, so this is also its first warm-up.
        await authority.MeasureAsync(1, WarmUp);
        var dueBefore = await authority.CountDueAsync();
        var begin = Stopwatch.GetTimestamp();
        var during = await authority.MeasureAsync(1, Measurement);
        var swept = (dueBefore - await authority.CountDueAsync()) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        if (dueBefore == 0)
        {
            Line($"beside    the sweep was over before orders could be measured beside it: give more --licenses");
        }

        while (await authority.CountDueAsync() > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        var after = await authority.MeasureAsync(1, Measurement);
        var (median, slow) = disk.Measure();
        Line($"orders    one at a time, during the sweep ({swept:N0} licenses/s beside): p50 {during.Median:N2} ms, p99 {during.Slow:N1} ms, {during.Rate:N0}/s");
        Line($"          one at a time, afterwards: p50 {after.Median:N2} ms, p99 {after.Slow:N1} ms, {after.Rate:N0}/s");
        Line($"goal      p99 at most two flushes and 5 ms = {(2 * slow / 1000) + 5:N1} ms (a flush of this disk now: p50 {median:N0} µs, p99 {slow:N0} µs)");
    }

    private static void Line(FormattableString text) => Console.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
