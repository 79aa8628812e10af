using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>A server that boots beside the service, or is restarted, is away for some seconds: the service ended at once.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class PostgresAwayTests
{
    [Test]
    public async Task Start_ServerAway_WaitsForItAndServes()
    {
        using var server = PostgresServer.StartNew();
        var folder = TestFolder.Create();
        try
        {
            var environment = Development(folder, server.CreateDatabase());
            server.Stop();
            using var service = ServiceProcess.Start(environment);
            await service.PrintedAsync("the start waits for it");
            server.Start();

            using var http = new HttpClient { BaseAddress = await service.ListeningAsync() };

            var order = await new MarketplaceCaller(http, LicenseAuthorityApplication.DemoAccessKey).SendAsync(GetLicenseCall.For("CS1"));
            Assert.That(order.ResultCode, Is.EqualTo("000000"));
            Assert.That(service.Output.Split('\n').Count(line => line.Contains("cannot be reached", StringComparison.Ordinal)), Is.EqualTo(1), service.Output);
            Assert.That(service.Output, Does.Not.Contain("   at "), "no stack trace");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("00:00:00", 0)]
    [TestCase("00:00:02", 1)]
    public async Task Start_ServerStaysAway_EndsAfterTheTimeoutWithTheReason(string timeout, int lines)
    {
        var folder = TestFolder.Create();
        try
        {
            using var service = ServiceProcess.Start(new Dictionary<string, string>(Development(folder, "Host=127.0.0.1;Port=1;Username=x;Password=hunter2"))
            {
                ["Storage__StartTimeout"] = timeout,
            });

            Assert.That(await service.ExitAsync(), Is.EqualTo(1), service.Output);
            Assert.That(service.Output, Does.Contain("LicenseAuthority cannot start: ").And.Contain("cannot be reached").And.Not.Contain("hunter2").And.Not.Contain("   at "));
            Assert.That(service.Output.Split('\n').Count(line => line.Contains("the start waits for it", StringComparison.Ordinal)), Is.EqualTo(lines));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // A mistake is no absence: it would only come a minute later.
    [Test]
    public async Task Start_WrongPassword_IsNotWaitedFor()
    {
        using var logs = new RecordedLogs();
        using var factory = new LoggerFactory([logs]);

        // On this clock a wait would never end.
        var patience = new StartPatience(TimeSpan.FromMinutes(1), new FakeTimeProvider(), factory.CreateLogger<StartPatience>());
        var wrong = new NpgsqlConnectionStringBuilder(PostgresServer.Shared.SuperuserConnectionString) { Password = "hunter2hunter2" }.ConnectionString;

        await Assert.ThatAsync(
            () => PostgresDatabase.OpenAsync(new StorageOptions { ConnectionString = wrong }, TimeProvider.System, patience: patience),
            Throws.TypeOf<StorageException>().With.Message.Contains("password authentication failed"));
        Assert.That(logs.Lines, Is.Empty);
    }

    [Test]
    public async Task Wait_GoesByTheClock_AndGivesTheLastReason()
    {
        using var logs = new RecordedLogs();
        using var factory = new LoggerFactory([logs]);
        var time = new FakeTimeProvider();
        var attempts = 0;
        var patience = new StartPatience(TimeSpan.FromSeconds(60), time, factory.CreateLogger<StartPatience>());

        var waiting = patience.RepeatAsync(() => throw new IOException($"attempt {++attempts}"), static exception => exception is IOException, "the database");
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var reason = await Assert.ThrowsAsync<IOException>(() => waiting);
        Assert.That(reason!.Message, Is.EqualTo($"attempt {attempts}"));
        Assert.That(attempts, Is.InRange(2, 61));
        Assert.That(logs.Lines, Has.Count.EqualTo(1));
    }

    // Quartz's own store was the first to notice, and wrote its stack trace before anybody knew.
    [Test]
    public async Task Server_GoesAwayAndComesBack_IsOneLineEach()
    {
        using var server = PostgresServer.StartNew();
        var folder = TestFolder.Create();
        try
        {
            using var service = ServiceProcess.Start(new Dictionary<string, string>(Development(folder, server.CreateDatabase()))
            {
                ["Expiry__Interval"] = "00:00:01",
                ["Clock__HoldFor"] = "00:00:00",
            });
            using var http = new HttpClient { BaseAddress = await service.ListeningAsync() };
            server.Stop();
            await service.PrintedAsync("Nothing can be stored");
            var order = await new MarketplaceCaller(http, LicenseAuthorityApplication.DemoAccessKey).SendAsync(GetLicenseCall.For("CS1"));
            Assert.That(order.ResultCode, Is.EqualTo("000005"));
            server.Start();
            await service.PrintedAsync("The database stores again");

            Assert.That(service.Output.Split('\n').Count(line => line.Contains("does not answer", StringComparison.Ordinal)), Is.EqualTo(1), service.Output);
            Assert.That(service.Output, Does.Not.Contain("   at "), "no stack trace");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Dictionary<string, string> Development(string folder, string connectionString) => new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Development",
        ["ASPNETCORE_CONTENTROOT"] = folder,
        ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
        ["PublicUrl"] = LicenseAuthorityApplication.PublicUrl,
        ["Storage__Provider"] = "Postgres",
        ["Storage__ConnectionString"] = connectionString,
    };
}
