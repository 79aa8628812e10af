using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Benchmarks.Databases;
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

    private const int Starts = 5;
    private const int Revocations = 20;
    private const int Connections = 64;

    private static readonly TimeSpan Load = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs it; 0 when every revocation was published.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (await FilledRun.ReadAsync(Name, args) is not { } run)
        {
            return 1;
        }

        using var folder = new WorkFolder(run.Folder);
        await using var databases = new TestedDatabases(folder);
        BenchmarkKeys.Make(folder.PathOf("keys"));
        foreach (var dialect in run.Dialects)
        {
            Line($"{dialect}: {run.Licenses:N0} codes stored; {folder.FileSystem}");
            var filled = await databases.MakeAsync(dialect);
            var empty = await databases.MakeAsync(dialect);
            using (await AuthorityUnderTest.StartAsync(folder, new LoadOptions().Service, filled, run.Licenses))
            {
                // Filled, and its lists are there.
            }

            await MeasureStartsAsync(folder, empty, filled);
            await MeasurePublishingAsync(folder, filled);
        }

        return 0;
    }

    // In turn, so that what the machine does meanwhile meets both.
    private static async Task MeasureStartsAsync(WorkFolder folder, TestedDatabase empty, TestedDatabase filled)
    {
        var (without, with) = (new List<double>(), new List<double>());
        for (var i = 0; i < Starts; i++)
        {
            without.Add(await MeasureStartAsync(folder, empty));
            with.Add(await MeasureStartAsync(folder, filled));
        }

        Line($"start     to the first answer: {Median(without):N0} ms empty, {Median(with):N0} ms with them, {Median(with) - Median(without):N0} ms more (goal: 50)");
    }

    private static async Task<double> MeasureStartAsync(WorkFolder folder, TestedDatabase database)
    {
        using var authority = await AuthorityUnderTest.StartAsync(folder, new LoadOptions().Service, database, stored: 0);
        return authority.FirstAnswer.TotalMilliseconds;
    }

    private static async Task MeasurePublishingAsync(WorkFolder folder, TestedDatabase database)
    {
        using var authority = await AuthorityUnderTest.StartAsync(folder, new LoadOptions().Service, database, stored: 0);
        using var keys = BenchmarkKeys.Load(folder.PathOf("keys"));
        var verifier = new LicenseVerifier(keys.RootLines, AuthorityUnderTest.Product);
        using var http = authority.NewClient();

        // One that is sold here for each revocation.
        var sold = new List<(string Id, string Code)>();
        while (sold.Count < 2 * Revocations)
        {
            var sample = await authority.MeasureAsync(Connections, TimeSpan.FromSeconds(1));
            sold.AddRange(sample.LastAnswers.Select(Read));
        }

        var alone = new List<double>();
        foreach (var (id, code) in sold.Take(Revocations))
        {
            alone.Add(await RevokeAndWaitAsync(http, verifier, id, code));
        }

        var load = authority.MeasureAsync(Connections, Load);
        var beside = new List<double>();
        foreach (var (id, code) in sold.Skip(Revocations).Take(Revocations).TakeWhile(_ => !load.IsCompleted))
        {
            beside.Add(await RevokeAndWaitAsync(http, verifier, id, code));
        }

        var orders = await load;
        Line($"published from a revocation to the list that is served, alone: median {Median(alone):N0} ms, slowest {alone.Max():N0} ms");
        Line($"          beside {Connections} connections ({orders.Rate:N0} orders/s), {beside.Count} times: median {Median(beside):N0} ms, slowest {beside.Max():N0} ms (goal: 5,000)");
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
                return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            }

            await Task.Delay(BetweenLooks);
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Line(FormattableString text) => Console.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
