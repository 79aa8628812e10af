using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Client;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>The real service in a process of its own, or in several that are its nodes, set up as in production, with a database of its own.</summary>
internal sealed class AuthorityUnderTest : IDisposable
{
    private const string AccessKey = "5f0c1d2e-only-for-benchmarks-0123456789ab";
    private const string AdminKey = "la_only-for-benchmarks-0123456789abcdef";

    /// <summary>What is sold.</summary>
    public const string Product = "com.example.editor";

    // The journal says that it is a second behind at most.
    private static readonly TimeSpan JournalDelay = TimeSpan.FromSeconds(3);

    private readonly WorkFolder _folder;
    private readonly TestedDatabase _database;
    private readonly OrderNumbers _numbers = new();
    private readonly List<ChildProcess> _nodes;
    private readonly ChildProcess? _openApi;
    private long _answered;
    private long _calls;

    private AuthorityUnderTest(WorkFolder folder, TestedDatabase database, int stored, ChildProcess node, ChildProcess? openApi)
    {
        _folder = folder;
        _openApi = openApi;
        _database = database;
        _nodes = [node];
        Stored = stored;
    }

    /// <summary>Licenses that were stored before.</summary>
    public int Stored { get; }

    /// <summary>Processes that serve the database.</summary>
    public int Nodes => _nodes.Count;

    public SqlDialect Database => _database.Dialect;

    /// <summary>From the start of the first process to its first answer, a license code.</summary>
    public TimeSpan FirstAnswer { get; private set; }

    /// <summary>Resident memory in MB, of all nodes.</summary>
    public double MemoryMegabytes => _nodes.Sum(static node => node.MemoryMegabytes);

    /// <summary>What the load client drives.</summary>
    public LoadTarget Target { get; private set; } = null!;

    /// <summary>Fills a database that is empty, starts the service on it and sends a first order. The folder has the keys already.</summary>
    public static async Task<AuthorityUnderTest> StartAsync(
        WorkFolder folder, string service, TestedDatabase database, int stored, LoadProfile profile = LoadProfile.Orders, bool due = false,
        string name = "", int nodes = 1)
    {
        await database.FillAsync(stored, due);

        var openApi = profile == LoadProfile.V2 ? ChildProcess.StartDotNet(
            typeof(AuthorityUnderTest).Assembly.Location, [OpenApiServer.Name], new Dictionary<string, string> { ["ASPNETCORE_URLS"] = "http://127.0.0.1:0" }) : null;
        var settings = new Dictionary<string, string>(database.Settings)
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["PublicUrl"] = "https://licenses.example.com",
            ["Keys__Directory"] = folder.PathOf("keys"),

            // Each database is another authority, with the same keys.
            ["StatusLists__Directory"] = folder.PathOf("status-lists-" + Guid.NewGuid().ToString("N")),
            ["Keys__Passphrase"] = BenchmarkKeys.Passphrase,
            ["Marketplace__AccessKeys__0"] = AccessKey,
            ["Admin__BootstrapApiKey"] = AdminKey,
            ["Products__0__Id"] = Product,
            ["Products__0__MarketplaceProductIds__0"] = "*",
            ["Products__0__Entitlements__edition"] = "pro",
            ["Products__0__Entitlements__seats"] = "5",
        };
        if (due)
        {
            // Else the sweep would wait until the clock has held for ten minutes.
            settings["Clock__HoldFor"] = "00:00:00";
        }

        if (openApi is not null)
        {
            var openApiPort = await openApi.ReadPortAsync();
            settings["Marketplace__OpenApi__Hosts__0"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{openApiPort}");
            settings["Marketplace__OpenApi__AccessKeyId"] = "benchmark";
            settings["Marketplace__OpenApi__SecretAccessKey"] = "benchmark-secret";
        }

        var startedAt = Stopwatch.GetTimestamp();
        var process = ChildProcess.StartService(service, settings);
        var authority = new AuthorityUnderTest(folder, database, stored, process, openApi);
        try
        {
            var port = await process.ReadPortAsync();
            authority.Target = new LoadTarget(
                $"{database.Dialect}{(stored == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {stored:N0} stored"))}{(nodes == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", {nodes} nodes"))}{name}",
                [port],
                () => authority._nodes.Aggregate(database.ServerCpu, static (sum, node) => sum + node.Cpu),
                () => profile switch
                {
                    LoadProfile.Mixed => new MixedRequest(AccessKey, AdminKey, authority._numbers),
                    LoadProfile.V2 => new V2Request(AccessKey, authority._numbers),
                    _ => new OrderRequest(AccessKey, authority._numbers),
                },
                Encoding.ASCII.GetBytes($"\"resultCode\":\"{ResultCode.Success}\",\"resultMsg\":\"success.\",\"license\":"),
                database.Commits);
            var first = await LoadClient.RunAsync(authority.Target, connections: 1, TimeSpan.FromMilliseconds(1));
            authority.FirstAnswer = Stopwatch.GetElapsedTime(startedAt);
            authority.Count(first);
            for (var i = 1; i < nodes; i++)
            {
                authority._nodes.Add(ChildProcess.StartService(service, settings));
                authority.Target = authority.Target with { Ports = [.. authority.Target.Ports, await authority._nodes[^1].ReadPortAsync()] };
            }

            return authority;
        }
        catch
        {
            authority.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Orders on many connections, until nothing more is compiled: what a background work does to one order at a time must not be measured beside the compiler.
    /// </summary>
    public Task WarmUpAsync(bool quick)
    {
        var load = new LoadOptions();
        return MeasureAsync(load.Connections[^1], quick ? TimeSpan.FromSeconds(1) : load.WarmUp);
    }

    /// <summary>Drives the service, and looks with the shipped verifier at what it answered.</summary>
    public async Task<LoadSample> MeasureAsync(int connections, TimeSpan duration)
    {
        var sample = await LoadClient.RunAsync(Target, connections, duration);
        Count(sample);
        using var keys = BenchmarkKeys.Load(_folder.PathOf("keys"));
        var verifier = new LicenseVerifier(keys.RootLines, Product);
        foreach (var answer in sample.LastAnswers)
        {
            using var json = JsonDocument.Parse(answer);

            // An answer of V2 has none: the software fetches its code by itself.
            if (json.RootElement.TryGetProperty("license", out var code) && verifier.Check(code.GetString()) is { IsValid: false } check)
            {
                throw new InvalidOperationException($"The service answered with a license code that is {check.Outcome}.");
            }
        }

        return sample;
    }

    /// <summary>A client with an operator's key, for what the load client does not ask.</summary>
    public HttpClient NewClient() => new()
    {
        BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Target.Ports[0]}")),
        DefaultRequestHeaders = { Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", AdminKey) },
    };

    /// <summary>How many licenses are due and not settled yet.</summary>
    public Task<long> CountDueAsync() => _database.CountDueAsync();

    /// <summary>
    /// Kills the service without notice, a few seconds after the last call, and counts in its database: every order that it answered must be there, and every
    /// marketplace call in its journal, which is written behind.
    /// </summary>
    public async Task<(long Answered, long Found, long Calls, long CallsFound)> KillAndCountAsync()
    {
        await Task.Delay(JournalDelay);
        _nodes.ForEach(static node => node.Dispose());
        return (_answered, await _database.CountOrdersAsync() - Stored, _calls, await _database.CountCallsAsync());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _nodes.ForEach(static node => node.Dispose());
        _openApi?.Dispose();
    }

    private void Count(LoadSample sample)
    {
        if (sample.Failures > 0)
        {
            throw new InvalidOperationException($"{sample.Failures} orders were not served; the first answer was: {sample.FirstFailure}");
        }

        _answered += sample.Orders;
        _calls += sample.Answers;
    }
}
