using System.Diagnostics;
using System.Globalization;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Benchmarks.Figures;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;
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

    private const int Parts = 4;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs it; 0 when all due licenses were settled.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var half = SweepHalf.Both;
        if (args.IndexOf("--only") is var at and >= 0 && at + 1 < args.Length)
        {
            // Another value stays, and is refused with the rest.
            half = args[at + 1] switch { "alone" => SweepHalf.Alone, "beside" => SweepHalf.Beside, _ => SweepHalf.Both };
            args = half == SweepHalf.Both ? args : [.. args[..at], .. args[(at + 2)..]];
        }

        if (await FilledRun.ReadAsync(Name, args, $"{Environment.NewLine}  --only      alone or beside: one half of it, the sweep by itself or orders beside it; default: both") is not { } run)
        {
            return 1;
        }

        await MeasureAsync(run, half, new FigureLines(Console.Out).Add);
        return 0;
    }

    /// <summary>Measures it; each figure is handed on as soon as it is known.</summary>
    public static async Task MeasureAsync(FilledRun run, SweepHalf half, Action<Figure> add)
    {
        using var folder = new WorkFolder(run.Folder);
        await using var databases = new TestedDatabases(folder);
        BenchmarkKeys.Make(folder.PathOf("keys"));
        using var disk = new DiskFloor(folder);
        foreach (var dialect in run.Dialects)
        {
            if (half != SweepHalf.Beside)
            {
                await SweepAloneAsync(await databases.MakeAsync(dialect), run.Licenses, add);
            }

            if (half != SweepHalf.Alone)
            {
                await SweepBesideOrdersAsync(run, folder, disk, await databases.MakeAsync(dialect), add);
            }
        }
    }

    // The enforcer by itself, without HTTP: how many a second, and whether memory stays flat.
    private static async Task SweepAloneAsync(TestedDatabase tested, int count, Action<Figure> add)
    {
        await tested.FillAsync(count, due: true);
        await tested.UseAsync(async database =>
        {
            var due = new ReportingDueLicenses(
                new DueLicenses(database, OutboxFeed.None, BareStore.NoListeners, BareStore.Unreadable, TimeProvider.System), count / Parts);
            var enforcer = new ExpiryEnforcer(due, TimeProvider.System, NullLogger<ExpiryEnforcer>.Instance);

            var cpuBefore = Environment.CpuUsage.TotalTime + tested.ServerCpu;
            var begin = Stopwatch.GetTimestamp();
            var settled = await enforcer.SettleDueAsync(CancellationToken.None);
            var elapsed = Stopwatch.GetElapsedTime(begin);
            var cpu = Environment.CpuUsage.TotalTime + tested.ServerCpu - cpuBefore;
            if (settled != count)
            {
                throw new InvalidOperationException($"Of {count} licenses that were due {settled} were settled.");
            }

            add(new Figure(string.Create(CultureInfo.InvariantCulture, $"{tested.Dialect}: sweep of {count:N0} due licenses"), Unit.PerSecond, settled / elapsed.TotalSeconds)
            {
                Goal = Goal.AtLeast(20_000),
                Note = $"{FigureText.Of(cpu.TotalMicroseconds / settled, Unit.Microseconds)} CPU each",
            });
            add(new Figure($"{tested.Dialect}: memory at the end of the sweep", Unit.Megabytes, due.Megabytes[^1])
            {
                Floor = due.Megabytes[0],
                FloorIs = "after its first quarter",
                Goal = Goal.RatioAtMost(1.1),
            });
            return settled;
        });
    }

    // The real service with its scheduler: orders one at a time while the sweep runs, and afterwards.
    private static async Task SweepBesideOrdersAsync(FilledRun run, WorkFolder folder, DiskFloor disk, TestedDatabase database, Action<Figure> add)
    {
        var name = $"{database.Dialect}: one order at a time during the sweep, p99";
        var measurement = TimeSpan.FromSeconds(run.Quick ? 1 : 8);
        using var authority = await AuthorityUnderTest.StartAsync(folder, run.Service, database, run.Licenses, due: true);

        await authority.WarmUpAsync(run.Quick);
        var dueBefore = await authority.CountDueAsync();
        var begin = Stopwatch.GetTimestamp();
        var during = await authority.MeasureAsync(1, measurement);
        var swept = (dueBefore - await authority.CountDueAsync()) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        for (begin = Stopwatch.GetTimestamp(); await authority.CountDueAsync() > 0;)
        {
            if (Stopwatch.GetElapsedTime(begin) > Patience)
            {
                throw new TimeoutException($"The sweep has not ended {Patience.TotalMinutes} minutes after the orders.");
            }

            await Task.Delay(BetweenLooks);
        }

        var after = await authority.MeasureAsync(1, measurement);
        var slowFlush = disk.Measure().Slow;
        add(dueBefore == 0
            ? Figure.NotMeasured(name, "the sweep was over before orders could be measured beside it: take more --licenses")
            : OrderFigures.SlowestAlone(name, during, slowFlush, $"{FigureText.Of(swept, Unit.PerSecond)} licenses beside"));
        add(OrderFigures.SlowestAlone($"{database.Dialect}: one order at a time after the sweep, p99", after, slowFlush));
    }
}
