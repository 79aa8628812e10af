using System.Net;
using System.Net.Http.Json;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Storage;

/// <summary>Health was green while no order could be stored: it asked whether a read works.</summary>
[OnDatabases(TestDatabase.Sqlite)]
internal sealed class DatabaseStateTests
{
    [Test]
    public async Task Ready_DatabaseIsFull_IsRedUntilAnOrderCanBeStoredAgain()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        await SoldLicense.BuyAsync(app);
        var refused = await FillAsync(app);
        for (var i = 0; i < 3; i++)
        {
            await WriteLittleAsync(app);
            Assert.That(await ReadyAsync(app), Is.EqualTo(HttpStatusCode.ServiceUnavailable), "a little write fits, an order does not");
        }

        await LimitPagesAsync(app, more: 100_000);
        await GreenAgainAsync(app);
        Assert.That((await app.Marketplace.SendAsync(refused)).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task Order_StoredAgain_IsTheGoodWrite()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var state = app.Services.GetRequiredService<DatabaseState>();
        var refused = await FillAsync(app);
        Assert.That(state.Fault, Does.Contain("full"));

        await LimitPagesAsync(app, more: 100_000);
        Assert.That((await app.Marketplace.SendAsync(refused)).ResultCode, Is.EqualTo("000000"));

        Assert.That(state.Fault, Is.Null, "an order writes enough pages to prove that orders can be stored");
    }

    // Licensed software was told of a fault of the service, which nobody repeats, and not that the store was full.
    [Test]
    public async Task Activation_DatabaseIsFull_IsBusyAndThenServed()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyPlacesAsync(app, 1_000);
        await LimitPagesAsync(app, more: 0);
        HttpResponseMessage refused;
        for (var device = 1; (refused = await ActivateAsync(app, license, device)).StatusCode == HttpStatusCode.OK; device++)
        {
            refused.Dispose();
        }

        using (refused)
        {
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("\"code\":\"busy\""));
        }

        await LimitPagesAsync(app, more: 100_000);
        using var served = await ActivateAsync(app, license, device: 1_000);
        Assert.That(served.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    // No load balancer sends an order to a red node, and so nothing would ever turn it green again.
    [Test]
    public async Task Watch_WhileRed_TriesAWriteEveryFewSecondsAndTellsBothOnce()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var state = app.Services.GetRequiredService<DatabaseState>();
        await FillAsync(app);
        await LimitPagesAsync(app, more: 100_000);
        Assert.That(state.Fault, Is.Not.Null);

        // The watch's own steps are not seen from here: the clock goes on until it has looked. Where it goes on over a write under way, that looks like a
        // silent disk: another fault, told by itself, and mended by the next look.
        var again = app.Logs.NextAsync(static line => line.Message == "The database stores again");
        using var patience = new CancellationTokenSource(Patience.Length);
        while (!again.IsCompleted || state.Fault is not null)
        {
            patience.Token.ThrowIfCancellationRequested();
            app.Time.Advance(DatabaseWatch.Interval);
            SpinWait.SpinUntil(() => again.IsCompleted && state.Fault is null, TimeSpan.FromSeconds(1));
        }

        Assert.That((await again).Level, Is.EqualTo(Microsoft.Extensions.Logging.LogLevel.Information));
        var red = app.Logs.Lines.Where(static line => line.Message.StartsWith("Nothing can be stored", StringComparison.Ordinal));
        Assert.That(red.Count(static line => line.Message.Contains("full", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task Ready_DiskIsFull_IsRedAndGreenAgainByItself()
    {
        var folder = TestFolder.Create("license-authority-disk-");
        try
        {
            using var disk = SmallDisk.TryMount(folder, "3m");
            await using var app = await LicenseAuthorityApplication.StartAsync(
                ["Expiry:Enabled=false", $"Storage:ConnectionString=Data Source={folder}/la.db"]);
            await SoldLicense.BuyAsync(app);
            disk.Fill();

            // What is left of the last blocks takes some.
            MarketplaceReply reply;
            var orders = 0;
            do
            {
                reply = await app.Marketplace.SendAsync(GetLicenseCall.For($"CS-{++orders}"));
            }
            while (reply.ResultCode == "000000" && orders < 1_000);

            Assert.That(reply.ResultCode, Is.EqualTo("000005"));
            for (var i = 0; i < 20; i++)
            {
                Assert.That(await ReadyAsync(app), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
                Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For($"CS-{orders}"))).ResultCode, Is.EqualTo("000005"));
            }

            disk.MakeRoom();
            await GreenAgainAsync(app);
            Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For($"CS-{orders}"))).ResultCode, Is.EqualTo("000000"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase(1024 * 1024 * 1024, "Degraded", TestName = "Disk_LessFreeThanTheSetting_IsDegraded")]
    [TestCase(0, "Healthy", TestName = "Disk_WarningSwitchedOff_IsHealthy")]
    public async Task Disk(int warningMiB, string expected)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync([$"Storage:FreeSpaceWarningMiB={warningMiB}"]);

        var report = await app.Client.GetStringAsync(new Uri("/health/ready", UriKind.Relative));

        Assert.That(report, Does.Match($"\"disk\":{{\"status\":\"{expected}\",\"description\":\"[0-9]+ MiB are left"));
        Assert.That(report, Does.Match("\"wal\":{\"status\":\"Healthy\",\"description\":\"The write-ahead log has [0-9]+ MiB"));
    }

    // Lets the database grow no more, and sells until an order is refused; that order.
    private static async Task<GetLicenseCall> FillAsync(LicenseAuthorityApplication app)
    {
        await LimitPagesAsync(app, more: 0);
        for (var order = 1; ; order++)
        {
            var call = GetLicenseCall.For($"CS-FULL-{order}");
            var reply = await app.Marketplace.SendAsync(call);
            if (reply.ResultCode != "000000")
            {
                Assert.That(reply.ResultCode, Is.EqualTo("000005"));
                return call;
            }
        }
    }

    // By itself, without an order.
    private static async Task GreenAgainAsync(LicenseAuthorityApplication app)
    {
        using var patience = new CancellationTokenSource(Patience.Length);
        while (await ReadyAsync(app) != HttpStatusCode.OK)
        {
            patience.Token.ThrowIfCancellationRequested();
            app.Time.Advance(DatabaseWatch.Interval);
        }
    }

    private static Task<HttpResponseMessage> ActivateAsync(LicenseAuthorityApplication app, SoldLicense license, int device) => app.Client.PostAsJsonAsync(
        new Uri("/licensee/v1/activations", UriKind.Relative), new { code = license.FirstCode, product = "demo-product", device = new { fingerprint = $"board-{device}" } });

    private static async Task<HttpStatusCode> ReadyAsync(LicenseAuthorityApplication app)
    {
        using var response = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return response.StatusCode;
    }

    private static Task<int> WriteLittleAsync(LicenseAuthorityApplication app) => app.Services.GetRequiredService<IDatabase>().WriteAsync(
        static session => session.Prepared("UPDATE authority SET served_at = served_at").Bind().ExecuteAsync());

    private static Task<object?> LimitPagesAsync(LicenseAuthorityApplication app, int more) => app.Writer.RunAsync(session =>
    {
        using var command = session.Connection.CreateCommand();
        command.CommandText = "PRAGMA page_count";
        var pages = (long)command.ExecuteScalar()!;
#pragma warning disable CA2100 // A number.
        command.CommandText = $"PRAGMA max_page_count={pages + more}";
#pragma warning restore CA2100
        return command.ExecuteScalar();
    });
}
