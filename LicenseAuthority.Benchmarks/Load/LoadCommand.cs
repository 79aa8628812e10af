using System.Globalization;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>The command <c>load</c>: the real service under load, with the floors of the same minutes beside it. docs/benchmarks.md explains the figures.</summary>
internal static class LoadCommand
{
    public const string Name = "load";

    private static readonly TimeSpan CfsslWarmUp = TimeSpan.FromSeconds(3);

    /// <summary>Runs it; 0 when every order was served and found again.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (LoadOptions.Parse(args) is not { } options)
        {
            return 1;
        }

        if (TestedDatabases.WhyNot(options.Databases) is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return 1;
        }

        var result = await MeasureAsync(options, Console.Out);
        return result.LostOrders > 0 ? 2 : 0;
    }

    /// <summary>Measures everything, and prints what it does meanwhile.</summary>
    public static async Task<LoadResult> MeasureAsync(LoadOptions options, TextWriter output)
    {
        using var folder = new WorkFolder(options.Folder);
        await using var databases = new TestedDatabases(folder);
        BenchmarkKeys.Make(folder.PathOf("keys"));
        var result = new LoadResult(options);
        var report = new LoadReport(output, options, result);
        report.Begin(folder);
        var authorities = new List<AuthorityUnderTest>();
        try
        {
            // First, as they warm the client up: how soon a service is at full speed must not be told by a client that is not.
            var emptyOnes = new List<TestedDatabase>();
            foreach (var dialect in options.Databases)
            {
                emptyOnes.Add(await databases.MakeAsync(dialect));
                await emptyOnes[^1].FillAsync(options.Stored[0], due: false);
            }

            await using var floors = await FloorMeasurement.StartAsync(folder, options.Connections[^1], emptyOnes);

            foreach (var (dialect, stored, build, nodes) in
                from dialect in options.Databases
                from stored in options.Stored
                from build in Enumerable.Range(0, options.Services.Count)
                from nodes in dialect == SqlDialect.Postgres ? options.Nodes : [1]
                select (dialect, stored, build, nodes))
            {
                var name = options.Services.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", build {build + 1}");
                authorities.Add(await AuthorityUnderTest.StartAsync(
                    folder, options.Services[build], await databases.MakeAsync(dialect), stored, options.Profile, name: name, nodes: nodes));
                report.Started(authorities[^1], await authorities[^1].MeasureAsync(options.Connections[^1], options.WarmUp));
            }

            using var cfssl = options.WithCfssl ? await CfsslServer.TryStartAsync(folder) : null;
            if (cfssl is not null)
            {
                await LoadClient.RunAsync(cfssl.Target, options.Connections[^1], CfsslWarmUp);
            }

            await MeasureAsync(options, authorities, cfssl, floors, result, report);
            report.Summary(cfssl is not null);
            foreach (var authority in authorities)
            {
                await report.EndAsync(authority);
            }

            return result;
        }
        finally
        {
            authorities.ForEach(authority => authority.Dispose());
        }
    }

    // Interleaved: floors, everything once, floors, everything once, floors… What the machine does beside hits all of them.
    private static async Task MeasureAsync(
        LoadOptions options, List<AuthorityUnderTest> authorities, CfsslServer? cfssl, FloorMeasurement floors, LoadResult result, LoadReport report)
    {
        var batch = result.WarmUpBatch;
        var before = await floors.MeasureAsync(batch);
        for (var run = 1; run <= options.Runs; run++)
        {
            report.BeginRun(run, before);
            foreach (var connections in options.Connections)
            {
                foreach (var authority in authorities)
                {
                    report.Add(run, authority.Target.Name, await authority.MeasureAsync(connections, options.Duration));
                }

                if (cfssl is not null)
                {
                    report.Add(run, cfssl.Target.Name, await LoadClient.RunAsync(cfssl.Target, connections, options.Duration));
                }
            }

            var after = await floors.MeasureAsync(batch);
            report.EndRun(run, before, after);
            before = after;
        }
    }
}
