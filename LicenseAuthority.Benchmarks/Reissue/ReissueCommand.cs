using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Benchmarks.Figures;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Keys;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Reissue;

/// <summary>
/// The command <c>reissue</c>: how fast codes of a revoked key are made anew, and what an order notices of it. docs/benchmarks.md explains the figures.
/// </summary>
internal static class ReissueCommand
{
    public const string Name = "reissue";

    // As many as the service makes at once.
    private const int AtOnce = 8;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs it; 0 when all codes were made anew.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (await FilledRun.ReadAsync(Name, args) is not { } run)
        {
            return 1;
        }

        await MeasureAsync(run, new FigureLines(Console.Out).Add);
        return 0;
    }

    /// <summary>Measures everything; each figure is handed on as soon as it is known.</summary>
    public static async Task MeasureAsync(FilledRun run, Action<Figure> add)
    {
        using var folder = new WorkFolder(run.Folder);
        await using var databases = new TestedDatabases(folder);
        MakeKeys(folder.PathOf("keys"));
        using var disk = new DiskFloor(folder);
        foreach (var dialect in run.Dialects)
        {
            add(await AloneAsync(run, folder, databases, dialect));
            add(await BesideOrdersAsync(run, folder, disk, await databases.MakeAsync(dialect)));
        }
    }

    // What is stored before was signed by certificate 1, which the second one revokes.
    private static void MakeKeys(string folder)
    {
        BenchmarkKeys.Make(folder);
        using var writer = KeyDirectoryWriter.Open(new KeyDirectory(folder));
        KeyRotation.Perform(writer, BenchmarkKeys.Passphrase, revokeOlder: true, TimeProvider.System.GetUtcNow());
    }

    private static async Task<Figure> AloneAsync(FilledRun run, WorkFolder folder, TestedDatabases databases, SqlDialect dialect)
    {
        var before = await LimitAsync(databases, dialect);
        using var authority = await AuthorityUnderTest.StartAsync(folder, run.Service, await databases.MakeAsync(dialect), run.Licenses);
        var rate = await WaitForAllAsync(authority);
        return new Figure(string.Create(CultureInfo.InvariantCulture, $"{dialect}: {run.Licenses:N0} codes made anew"), Unit.PerSecond, rate)
        {
            Floor = (before + await LimitAsync(databases, dialect)) / 2,
            FloorIs = "cores / (S + V + W)",
            Goal = Goal.RatioAtLeast(0.5),
        };
    }

    private static async Task<double> LimitAsync(TestedDatabases databases, SqlDialect dialect)
    {
        var (sign, verify) = SignatureFloor.Measure();
        await using var floor = (await databases.MakeAsync(dialect)).NewFloor(withCalls: false);
        var store = await floor.MeasureAsync(AtOnce, AtOnce);
        return Environment.ProcessorCount * 1e6 / (sign + verify + store.Cpu);
    }

    private static async Task<Figure> BesideOrdersAsync(FilledRun run, WorkFolder folder, DiskFloor disk, TestedDatabase database)
    {
        var name = $"{database.Dialect}: one order at a time while codes are made anew, p99";
        using var authority = await AuthorityUnderTest.StartAsync(folder, run.Service, database, run.Licenses);
        await authority.WarmUpAsync(run.Quick);
        var before = await RemainingAsync(authority);
        var begin = Stopwatch.GetTimestamp();
        var during = await authority.MeasureAsync(1, TimeSpan.FromSeconds(run.Quick ? 1 : 8));
        var after = await RemainingAsync(authority);
        if (before is null or 0 || after is null)
        {
            return Figure.NotMeasured(name, "it had not begun or was over before orders could be measured beside it: take more --licenses");
        }

        var rate = (before.Value - after.Value) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return OrderFigures.SlowestAlone(name, during, disk.Measure().Slow, $"{FigureText.Of(rate, Unit.PerSecond)} codes beside");
    }

    // Codes a second, from the first count to the end, both as the service's health tells them.
    private static async Task<double> WaitForAllAsync(AuthorityUnderTest authority)
    {
        long? first = null;
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < Patience)
        {
            var remaining = await RemainingAsync(authority);
            if (first is null && remaining is not null)
            {
                (first, begin) = (remaining, Stopwatch.GetTimestamp());
            }

            if (remaining == 0)
            {
                return first!.Value / Stopwatch.GetElapsedTime(begin).TotalSeconds;
            }

            await Task.Delay(BetweenLooks);
        }

        throw new TimeoutException($"The codes were not made anew within {Patience.TotalMinutes} minutes.");
    }

    // Null: they are being counted.
    private static async Task<long?> RemainingAsync(AuthorityUnderTest authority)
    {
        using var http = authority.NewClient();
        using var health = JsonDocument.Parse(await http.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));
        var check = health.RootElement.GetProperty("checks").GetProperty("reissue");
        var description = check.GetProperty("description").GetString()!;
        return check.GetProperty("status").GetString() == "Healthy" ? 0
            : long.TryParse(description.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var remaining) ? remaining
            : null;
    }
}
