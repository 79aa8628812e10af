using System.Collections.Concurrent;
using LicenseAuthority.Tests.Support;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>The service as it is shipped: a process that an operator sets up, starts, and that a power cut may end at any moment.</summary>
internal sealed class ServiceProcessTests
{
    private const string AccessKey = "an-access-key-of-production";
    private const int Connections = 16;
    private const int OrdersPerConnection = 1000;
    private const int KillAfter = 240;

    private string _folder = "";
    private Dictionary<string, string> _environment = [];

    [OneTimeSetUp]
    public async Task MakeKeys()
    {
        _folder = TestFolder.Create();
        File.Copy(Repository.PathTo("LicenseAuthority", "appsettings.json"), Path.Combine(_folder, "appsettings.json"));
        _environment = new Dictionary<string, string>
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_CONTENTROOT"] = _folder,
            ["PublicUrl"] = LicenseAuthorityApplication.PublicUrl,
            ["Keys__Passphrase"] = KeyFiles.ProductionPassphrase,
            ["Marketplace__AccessKeys__0"] = AccessKey,
            ["Products__0__Id"] = "editor",
            ["Products__0__MarketplaceProductIds__0"] = "*",
        };
        using var keys = ServiceProcess.Start(_environment, "keys", "init", "--directory", Path.Combine(_folder, "keys"));
        Assert.That(await keys.ExitAsync(), Is.Zero, keys.Output);
        Assert.That(keys.Output, Does.Contain("la-root-1:").And.Not.Contain(KeyFiles.ProductionPassphrase));
    }

    [OneTimeTearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    [InCi("a service is killed in the middle of many orders")]
    public async Task Kill_InTheMiddleOfOrders_LosesNoneThatWasAnswered()
    {
        var answered = new ConcurrentDictionary<string, MarketplaceReply>();
        var database = Path.Combine(_folder, "kill", "license-authority.db");
        using (var service = Start(database))
        {
            var address = await service.ListeningAsync();
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var http = new HttpClient { BaseAddress = address };
            var caller = new MarketplaceCaller(http, AccessKey);
            var connections = Enumerable.Range(0, Connections).Select(connection => Task.Run(async () =>
            {
                for (var i = 0; i < OrdersPerConnection; i++)
                {
                    var orderId = $"CS-{connection}-{i}";
                    try
                    {
                        answered[orderId] = await caller.SendAsync(Order(orderId));
                    }
                    catch (HttpRequestException)
                    {
                        return;
                    }

                    if (answered.Count >= KillAfter)
                    {
                        enough.TrySetResult();
                    }
                }
            })).ToList();
            await Task.WhenAny(enough.Task, Task.WhenAll(connections));
            await service.KillAsync();
            await Task.WhenAll(connections);
        }

        Assert.That(answered.Values.Select(reply => reply.ResultCode), Has.All.EqualTo("000000"));
        Assert.That(answered, Has.Count.InRange(KillAfter, (Connections * OrdersPerConnection) - 1), "it was killed in the middle");
        AssertStored(database, answered);

        using (var service = Start(database))
        {
            using var http = new HttpClient { BaseAddress = await service.ListeningAsync() };
            var caller = new MarketplaceCaller(http, AccessKey);
            foreach (var (orderId, reply) in answered)
            {
                Assert.That((await caller.SendAsync(Order(orderId))).Body, Is.EqualTo(reply.Body), orderId);
            }

            // And those that were cut off are served now, with entries of the status list that nobody had before.
            var late = await Task.WhenAll(Enumerable.Range(0, Connections).Select(connection => caller.SendAsync(Order($"CS-{connection}-{OrdersPerConnection - 1}"))));
            Assert.That(late.Select(reply => reply.ResultCode), Has.All.EqualTo("000000"));
        }

        using var connectionAfter = OpenReadOnly(database);
        Assert.That(Scalar(connectionAfter, "SELECT COUNT(*) - COUNT(DISTINCT status_list || ' ' || status_index) FROM codes"), Is.Zero);
    }

    [Test]
    [InCi("two services are started as processes")]
    public async Task Start_SecondProcessOnTheSameDatabase_EndsWithTheReason()
    {
        var database = Path.Combine(_folder, "second", "license-authority.db");
        using var first = Start(database);
        var address = await first.ListeningAsync();

        using var second = Start(database);

        Assert.That(await second.ExitAsync(), Is.EqualTo(1));
        Assert.That(second.Output, Does.Match("LicenseAuthority cannot start: .* is in use: process [0-9]+ ").And.Contain("Storage:ConnectionString"));
        Assert.That(second.Output, Does.Not.Contain("   at "), "no stack trace");
        using var http = new HttpClient { BaseAddress = address };
        Assert.That((await new MarketplaceCaller(http, AccessKey).SendAsync(Order("CS-0-0"))).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    [InCi("a service is started as a process")]
    public async Task Start_AddressInUse_EndsWithTheReason()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();

        using var service = ServiceProcess.Start(_environment, "--urls", $"http://{taken.LocalEndpoint}");

        Assert.That(await service.ExitAsync(), Is.EqualTo(1));
        Assert.That(service.Output, Does.Match("LicenseAuthority cannot start: .*address already in use.*urls"));
        Assert.That(service.Output, Does.Not.Contain("Unhandled exception").And.Not.Contain("   at "), "no stack trace");
    }

    // 192.0.2.1 is for documentation (RFC 5737): no machine has it.
    [TestCase("http://192.0.2.1:5080", "urls.*ASPNETCORE_URLS=")]
    [TestCase("foo", "urls.*'foo'.*http://127.0.0.1:5080")]
    [InCi("services are started as processes")]
    public async Task Start_AddressThatCannotBeUsed_EndsWithTheReason(string address, string reason)
    {
        using var service = ServiceProcess.Start(_environment, "--urls", address);

        Assert.That(await service.ExitAsync(), Is.EqualTo(1));
        Assert.That(service.Output, Does.Match($"LicenseAuthority cannot start: .*{reason}"));
        Assert.That(service.Output, Does.Not.Contain("Unhandled exception").And.Not.Contain("   at "), "no stack trace");
    }

    // These ended in a stack trace, or had one before the line that helps.
    [TestCase("Marketplace:ExpireTimeOffset", "Beijing")]
    [TestCase("Expiry:Interval", "abc")]
    [TestCase("Expiry:Interval", "02:00:00")]
    [TestCase("Licensee:RefreshesPerMinute", "0")]
    [TestCase("PublicUrl", "http://localhost:5080")]
    public async Task Start_WrongSetting_EndsWithTheReasonAndNothingElse(string setting, string value)
    {
        using var service = ServiceProcess.Start(
            new Dictionary<string, string>(_environment) { [setting.Replace(":", "__", StringComparison.Ordinal)] = value }, "--urls", "http://127.0.0.1:0");

        Assert.That(await service.ExitAsync(), Is.EqualTo(1));
        Assert.That(service.Output, Does.Contain("LicenseAuthority cannot start: ").And.Contain(setting));
        AssertOneLine(service);
    }

    // The settings file itself.
    [Test]
    public async Task Start_SettingsFileThatIsNoJson_EndsWithTheReasonAndNothingElse()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "no-json")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "appsettings.json"), "{ \"PublicUrl\": ");
        using var service = ServiceProcess.Start(new Dictionary<string, string>(_environment) { ["ASPNETCORE_CONTENTROOT"] = folder });

        Assert.That(await service.ExitAsync(), Is.EqualTo(1));
        Assert.That(service.Output, Does.Contain("LicenseAuthority cannot start: ").And.Contain("appsettings.json"));
        AssertOneLine(service);
    }

    private static void AssertOneLine(ServiceProcess service) =>
        Assert.That(service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1), service.Output);

    private static GetLicenseCall Order(string orderId) => GetLicenseCall.For(orderId).With("customerId", "customer-" + orderId.Split('-')[1]).With("expireTime", "20990101000000");

    // Each database is another authority's, though the keys are the same: it has a mark of its own.
    private ServiceProcess Start(string database) => ServiceProcess.Start(
        new Dictionary<string, string>(_environment)
        {
            ["Storage__ConnectionString"] = $"Data Source={database}",
            ["StatusLists__Directory"] = database + ".status-lists",
        },
        "--urls",
        "http://127.0.0.1:0");

    // Reopened as the next start would: the write-ahead log is read, what was not committed is gone.
    private static void AssertStored(string database, ConcurrentDictionary<string, MarketplaceReply> answered)
    {
        using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT o.order_id, o.license_id, c.text FROM orders o JOIN codes c ON c.license_id = o.license_id";
        using var reader = command.ExecuteReader();
        var stored = new Dictionary<string, (string LicenseId, string Text)>();
        while (reader.Read())
        {
            stored.Add(reader.GetString(0), (reader.GetString(1), reader.GetString(2)));
        }

        using (Assert.EnterMultipleScope())
        {
            foreach (var (orderId, reply) in answered)
            {
                Assert.That(stored.GetValueOrDefault(orderId), Is.EqualTo((reply.InstanceId!, reply.License!)), orderId);
            }
        }

        // What was not answered is there as a whole or not at all.
        foreach (var table in (string[])["licenses", "codes", "events"])
        {
            Assert.That(Scalar(connection, $"SELECT COUNT(*) FROM {table}"), Is.EqualTo(stored.Count), table);
        }

        Assert.That(Scalar(connection, "SELECT COUNT(*) FROM pragma_foreign_key_check"), Is.Zero);
        Assert.That(Scalar(connection, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), Is.EqualTo(1));
        Assert.That(Scalar(connection, "SELECT COUNT(DISTINCT customer_id) FROM licenses"), Is.EqualTo(Scalar(connection, "SELECT COUNT(DISTINCT marketplace_customer_id) FROM licenses")));
    }

    private static SqliteConnection OpenReadOnly(string database)
    {
        var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        return connection;
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Tests write their SQL themselves.
        command.CommandText = sql;
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }
}
