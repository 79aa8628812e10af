using System.Diagnostics;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Marketplace;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>The real service in a process of its own, set up as in production, with a database of its own.</summary>
internal sealed class AuthorityUnderTest : IDisposable
{
    private const string AccessKey = "5f0c1d2e-only-for-benchmarks-0123456789ab";
    private const string AdminKey = "la_only-for-benchmarks-0123456789abcdef";
    private const string Product = "com.example.editor";

    private readonly WorkFolder _folder;
    private readonly string _database;
    private readonly OrderNumbers _numbers = new();
    private readonly ChildProcess _process;
    private long _answered;

    private AuthorityUnderTest(WorkFolder folder, string database, int stored, ChildProcess process)
    {
        _folder = folder;
        _database = database;
        _process = process;
        Stored = stored;
    }

    /// <summary>Licenses that were stored before.</summary>
    public int Stored { get; }

    /// <summary>From the start of the process to its first answer, a license code.</summary>
    public TimeSpan FirstAnswer { get; private set; }

    /// <summary>Resident memory in MB.</summary>
    public double MemoryMegabytes => _process.MemoryMegabytes;

    /// <summary>What the load client drives.</summary>
    public LoadTarget Target { get; private set; } = null!;

    /// <summary>Fills a database, starts the service on it and sends a first order. The folder has the keys already.</summary>
    public static async Task<AuthorityUnderTest> StartAsync(
        WorkFolder folder, string service, int stored, LoadProfile profile = LoadProfile.Orders, bool due = false)
    {
        var database = folder.PathOf($"{stored}/license-authority.db");
        await StoredLicenses.FillAsync(database, stored, due);

        var startedAt = Stopwatch.GetTimestamp();
        var process = ChildProcess.StartDotNet(service, [], new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["PublicUrl"] = "https://licenses.example.com",
            ["Storage__ConnectionString"] = $"Data Source={database}",
            ["Keys__Directory"] = folder.PathOf("keys"),
            ["Keys__Passphrase"] = BenchmarkKeys.Passphrase,
            ["Marketplace__AccessKeys__0"] = AccessKey,
            ["Admin__BootstrapApiKey"] = AdminKey,
            ["Products__0__Id"] = Product,
            ["Products__0__MarketplaceProductIds__0"] = "*",
            ["Products__0__Entitlements__edition"] = "pro",
            ["Products__0__Entitlements__seats"] = "5",
        });
        var authority = new AuthorityUnderTest(folder, database, stored, process);
        try
        {
            var port = await process.ReadPortAsync();
            authority.Target = new LoadTarget(
                stored == 0 ? "ours" : $"ours, {stored:N0} stored",
                port,
                process,
                () => profile == LoadProfile.Mixed
                    ? new MixedRequest(AccessKey, AdminKey, authority._numbers)
                    : new OrderRequest(AccessKey, authority._numbers),
                Encoding.ASCII.GetBytes($"\"resultCode\":\"{ResultCode.Success}\",\"resultMsg\":\"success.\",\"license\":"),
                () => CommitCounter.Read(database));
            var first = await LoadClient.RunAsync(authority.Target, connections: 1, TimeSpan.FromMilliseconds(1));
            authority.FirstAnswer = Stopwatch.GetElapsedTime(startedAt);
            authority.Count(first);
            return authority;
        }
        catch
        {
            authority.Dispose();
            throw;
        }
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
            var check = verifier.Check(json.RootElement.GetProperty("license").GetString());
            if (!check.IsValid)
            {
                throw new InvalidOperationException($"The service answered with a license code that is {check.Outcome}.");
            }
        }

        return sample;
    }

    /// <summary>How many licenses are due and not settled yet.</summary>
    public long CountDue()
    {
        using var connection = new SqliteConnection($"Data Source={_database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM licenses WHERE next_due_at <= @now";
        command.Parameters.AddWithValue("@now", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Kills the service without notice and counts the orders in its database: every one that it answered must be there.</summary>
    public (long Answered, long Found) KillAndCount()
    {
        _process.Dispose();
        using var database = SqliteDatabase.Open(
            new StorageOptions { ConnectionString = $"Data Source={_database}" }, _folder.FullPath, TimeProvider.System);
        var found = database.Readers.Read(session => session.Prepared("SELECT count(*) FROM orders").QuerySingleOrDefault(row => row.GetInt64(0)));
        return (_answered, found - Stored);
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    private void Count(LoadSample sample)
    {
        if (sample.Failures > 0)
        {
            throw new InvalidOperationException($"{sample.Failures} orders were not served; the first answer was: {sample.FirstFailure}");
        }

        _answered += sample.Orders;
    }
}
