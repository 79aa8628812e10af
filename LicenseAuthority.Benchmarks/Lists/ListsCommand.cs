using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Benchmarks.Figures;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Client;

namespace LicenseAuthority.Benchmarks.Lists;

/// <summary>
/// The command <c>lists</c>: what status lists cost. From the start to the first answer with and without many codes stored, and from a revocation to the list
/// that says so, alone and beside orders. docs/benchmarks.md explains the figures.
/// </summary>
internal static class ListsCommand
{
    public const string Name = "lists";

    private const int Connections = 64;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs it; 0 when every revocation was published.</summary>
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
        BenchmarkKeys.Make(folder.PathOf("keys"));
        foreach (var dialect in run.Dialects)
        {
            var filled = await databases.MakeAsync(dialect);
            var empty = await databases.MakeAsync(dialect);
            using (await AuthorityUnderTest.StartAsync(folder, run.Service, filled, run.Licenses))
            {
                // Filled, and its lists are there.
            }

            await MeasureStartsAsync(run, folder, empty, filled, add);
            await MeasurePublishingAsync(run, folder, filled, add);
        }
    }

    // In turn, so that what the machine does meanwhile meets both.
    private static async Task MeasureStartsAsync(FilledRun run, WorkFolder folder, TestedDatabase empty, TestedDatabase filled, Action<Figure> add)
    {
        var (without, with) = (new List<double>(), new List<double>());
        for (var i = 0; i < (run.Quick ? 1 : 5); i++)
        {
            without.Add(await MeasureStartAsync(run, folder, empty));
            with.Add(await MeasureStartAsync(run, folder, filled));
        }

        var note = PublishedService.Is(run.Service) ? null : "not the published program, which starts sooner";
        var name = $"{empty.Dialect}: start to the first license code";
        add(new Figure(name, Unit.Microseconds, Median(without)) { Goal = Goal.AtMost(500_000), Note = note });
        add(new Figure(string.Create(CultureInfo.InvariantCulture, $"{name}, {run.Licenses:N0} stored"), Unit.Microseconds, Median(with))
        {
            Floor = Median(without),
            FloorIs = "none stored",
            Goal = Goal.BeyondFloorAtMost(50_000),
            Note = note,
        });
    }

    private static async Task<double> MeasureStartAsync(FilledRun run, WorkFolder folder, TestedDatabase database)
    {
        using var authority = await AuthorityUnderTest.StartAsync(folder, run.Service, database, stored: 0);
        return authority.FirstAnswer.TotalMicroseconds;
    }

    private static async Task MeasurePublishingAsync(FilledRun run, WorkFolder folder, TestedDatabase database, Action<Figure> add)
    {
        using var authority = await AuthorityUnderTest.StartAsync(folder, run.Service, database, stored: 0);
        using var keys = BenchmarkKeys.Load(folder.PathOf("keys"));
        var verifier = new LicenseVerifier(keys.RootLines, AuthorityUnderTest.Product);
        using var http = authority.NewClient();
        var revocations = run.Quick ? 2 : 20;

        // One that is sold here for each revocation.
        var sold = new List<(string Id, string Code)>();
        while (sold.Count < 2 * revocations)
        {
            var sample = await authority.MeasureAsync(Connections, TimeSpan.FromSeconds(1));
            sold.AddRange(sample.LastAnswers.Select(Read));
        }

        var alone = new List<double>();
        foreach (var (id, code) in sold.Take(revocations))
        {
            alone.Add(await RevokeAndWaitAsync(http, verifier, id, code));
        }

        // A revocation is in a list after two seconds.
        var load = authority.MeasureAsync(Connections, TimeSpan.FromSeconds(3 * revocations));
        var beside = new List<double>();
        foreach (var (id, code) in sold.Skip(revocations).Take(revocations).TakeWhile(_ => !load.IsCompleted))
        {
            beside.Add(await RevokeAndWaitAsync(http, verifier, id, code));
        }

        var orders = await load;
        var name = $"{database.Dialect}: from a revocation to the list that says so, the slowest of";
        add(new Figure(string.Create(CultureInfo.InvariantCulture, $"{name} {alone.Count}"), Unit.Microseconds, alone.Max())
        {
            Note = $"median {FigureText.Of(Median(alone), Unit.Microseconds)}",
        });
        add(new Figure(string.Create(CultureInfo.InvariantCulture, $"{name} {beside.Count}, beside orders on {Connections} connections"), Unit.Microseconds, beside.Max())
        {
            Goal = Goal.AtMost(5_000_000),
            Note = $"median {FigureText.Of(Median(beside), Unit.Microseconds)}, {FigureText.Of(orders.Rate, Unit.PerSecond)} beside",
        });
    }

    private static (string Id, string Code) Read(byte[] answer)
    {
        using var json = JsonDocument.Parse(Encoding.UTF8.GetString(answer));
        return (json.RootElement.GetProperty("instanceId").GetString()!, json.RootElement.GetProperty("license").GetString()!);
    }

    private static async Task<double> RevokeAndWaitAsync(HttpClient http, LicenseVerifier verifier, string id, string code)
    {
        var license = verifier.Check(code).License!;
        var path = new Uri(new Uri(license.StatusListUri!).AbsolutePath, UriKind.Relative);
        using var body = new StringContent("""{"reason":"a benchmark"}""", Encoding.UTF8, "application/json");
        using var revoked = await http.PostAsync(new Uri($"/admin/v1/licenses/{id}/revoke", UriKind.Relative), body);
        if (revoked.StatusCode != HttpStatusCode.OK)
        {
            throw new InvalidOperationException($"The revocation was answered {revoked.StatusCode}.");
        }

        var begin = Stopwatch.GetTimestamp();
        while (true)
        {
            var list = verifier.CheckStatusList(await http.GetStringAsync(path)).List!;
            if (list.GetStatus(license.StatusListIndex!.Value) == LicenseStatus.Invalid)
            {
                return Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
            }

            await Task.Delay(BetweenLooks);
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
