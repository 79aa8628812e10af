using LicenseAuthority.Stores;
using LicenseAuthority.Tests.Support;
using Npgsql;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>Two nodes, each a process of its own, on one PostgreSQL database and with one set of keys.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class NodesTests
{
    private const string AccessKey = "an-access-key-of-production";
    private const int Orders = 40;
    private const int DueLicenses = 30_000;

    private string _folder = "";
    private string _database = "";
    private Dictionary<string, string> _environment = [];

    [SetUp]
    public async Task MakeKeysAndDatabase()
    {
        _folder = TestFolder.Create();
        _database = PostgresServer.Shared.CreateDatabase();
        File.Copy(Repository.PathTo("LicenseAuthority", "appsettings.json"), Path.Combine(_folder, "appsettings.json"));
        _environment = new Dictionary<string, string>
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_CONTENTROOT"] = _folder,
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["PublicUrl"] = LicenseAuthorityApplication.PublicUrl,
            ["Keys__Passphrase"] = KeyFiles.ProductionPassphrase,
            ["Marketplace__AccessKeys__0"] = AccessKey,
            ["Products__0__Id"] = "editor",
            ["Products__0__MarketplaceProductIds__0"] = "*",
            ["Storage__Provider"] = "Postgres",
            ["Storage__ConnectionString"] = _database,
            ["Expiry__Interval"] = "00:00:01",
            ["Clock__HoldFor"] = "00:00:00",
        };
        using var keys = ServiceProcess.Start(_environment, "keys", "init", "--directory", Path.Combine(_folder, "keys"));
        Assert.That(await keys.ExitAsync(), Is.Zero, keys.Output);
    }

    [TearDown]
    public void Drop()
    {
        PostgresServer.Shared.Drop(_database);
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task SameOrder_ToTwoNodesAtOnce_OneLicenseAndOneCode()
    {
        // Both start on an empty database: one makes the tables, the other waits for it.
        using var one = ServiceProcess.Start(_environment);
        using var other = ServiceProcess.Start(_environment);
        using var first = new HttpClient { BaseAddress = await one.ListeningAsync() };
        using var second = new HttpClient { BaseAddress = await other.ListeningAsync() };
        MarketplaceCaller[] callers = [new(first, AccessKey), new(second, AccessKey)];

        var replies = await Task.WhenAll(Enumerable.Range(0, Orders * 4).Select(i => Task.Run(() =>
            UntilServedAsync(callers[i % 2], GetLicenseCall.For($"CS-{i / 4}").With("customerId", "one customer for all")))));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(replies.Select(reply => reply.ResultCode), Is.All.EqualTo("000000"));
            var answers = replies.Chunk(4).SelectMany(order => order.Select(reply => (reply.InstanceId, reply.License)).Distinct()).ToList();
            Assert.That(answers, Has.Count.EqualTo(Orders), "each order has one answer");
            Assert.That(await NumberAsync("SELECT COUNT(*) FROM licenses"), Is.EqualTo(Orders));
            Assert.That(await NumberAsync("SELECT COUNT(*) FROM codes"), Is.EqualTo(Orders));
            Assert.That(await NumberAsync("SELECT COUNT(DISTINCT customer_id) FROM licenses"), Is.EqualTo(1));
            Assert.That(await NumberAsync("SELECT COUNT(DISTINCT (status_list, status_index)) FROM codes"), Is.EqualTo(Orders), "no entry of a status list twice");
        }
    }

    [Test]
    public async Task Node_KilledInTheMiddleOfASweep_TheOtherOneGoesOnAndNoEventComesTwice()
    {
        using var one = ServiceProcess.Start(_environment);
        using var http = new HttpClient { BaseAddress = await one.ListeningAsync() };
        var sold = await new MarketplaceCaller(http, AccessKey).SendAsync(GetLicenseCall.For("CS-0").With("expireTime", "20990101000000"));
        Assert.That(sold.ResultCode, Is.EqualTo("000000"));
        await AddDueAsync();

        // The first one is at it, alone; the second one comes, and the first one goes, in the middle.
        await UntilAsync("SELECT COUNT(*) > 0 FROM events WHERE type = 'license.frozen'");
        using var other = ServiceProcess.Start(_environment);
        await one.KillAsync();
        var left = await NumberAsync("SELECT COUNT(*) FROM licenses WHERE state = 'Active' AND next_due_at < 4070908800000");
        await other.ListeningAsync();
        await UntilAsync("SELECT COUNT(*) = 0 FROM licenses WHERE state = 'Active' AND next_due_at < 4070908800000");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(left, Is.Positive, "it was killed in the middle");
            Assert.That(await NumberAsync("SELECT COUNT(*) FROM events WHERE type = 'license.frozen'"), Is.EqualTo(DueLicenses));
            Assert.That(await NumberAsync("SELECT COUNT(DISTINCT license_id) FROM events WHERE type = 'license.frozen'"), Is.EqualTo(DueLicenses));
        }
    }

    // As the marketplace does it: a node that has more to do than it can is called again.
    private static async Task<MarketplaceReply> UntilServedAsync(MarketplaceCaller caller, GetLicenseCall call)
    {
        var begun = TimeProvider.System.GetTimestamp();
        MarketplaceReply reply;
        do
        {
            reply = await caller.SendAsync(call);
        }
        while (reply.ResultCode == "000005" && TimeProvider.System.GetElapsedTime(begun) < Patience.Length);
        return reply;
    }

    // Copies of the one that was sold, whose term ended a minute ago.
    private async Task AddDueAsync()
    {
        var dueAt = TimeProvider.System.GetUtcNow().AddMinutes(-1).ToUnixTimeSeconds() * 1000;
        var columns = LicenseRow.Columns.Replace("l.", "", StringComparison.Ordinal);
        var values = LicenseRow.Columns
            .Replace("l.id", "'lic_0000000000000000' || CAST(1000000000 + n AS TEXT)", StringComparison.Ordinal)
            .Replace("l.expires_at", $"{dueAt}", StringComparison.Ordinal);
        await ExecuteAsync(
            $"""
            INSERT INTO licenses ({columns}, next_due_at)
            SELECT {values}, {dueAt} FROM licenses l, generate_series(1, {DueLicenses}) n
            """);
    }

    private async Task<long> NumberAsync(string sql) => (long)(await ScalarAsync(sql))!;

    // The server waits between two looks.
    private async Task UntilAsync(string condition)
    {
        using var patience = new CancellationTokenSource(Patience.Length);
        while (await ScalarAsync($"SELECT pg_sleep(0.05); {condition}") is not true)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync();
#pragma warning disable CA2100 // Tests write their SQL themselves.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync();
        if (sql.StartsWith("SELECT pg_sleep", StringComparison.Ordinal))
        {
            await reader.NextResultAsync();
        }

        return await reader.ReadAsync() ? reader.GetValue(0) : null;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync();
#pragma warning disable CA2100 // Tests write their SQL themselves.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
