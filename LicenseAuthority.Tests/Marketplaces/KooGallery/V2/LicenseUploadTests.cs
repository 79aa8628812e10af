using System.Net;
using System.Net.Sockets;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery.OpenApi;
using LicenseAuthority.Outbox;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>What becomes of an upload, by what the open API answers: final, tried again, or a debug case of which nobody hears.</summary>
[OnEveryDatabase]
internal sealed class LicenseUploadTests : OpenApiTests
{
    private const string InProgress = "000004";

    [TestCase("91381037")]
    [TestCase("91381038")]
    [TestCase("CBC.0101")]
    public async Task Upload_RefusedForGood_IsParkedAtOnceWithAnAlarm_AndTheOthersGoOn(string code)
    {
        OpenApi.JudgeUpload = upload => (200, upload.EventId == "event-1" ? code : "CBC.0000");
        var license = await SoldLicense.BuyPlacesAsync(App, 2);
        await AskAsync(license, "event-1", "a");
        await AskAsync(license, "event-2", "b");
        await SendAsync();
        await SendAfterAsync(TimeSpan.FromHours(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(OpenApi.Uploads.Select(upload => upload.EventId), Is.EquivalentTo(["event-1", "event-2"]));
            Assert.That(App.Query("SELECT count(*) FROM outbox WHERE dead_lettered_at IS NOT NULL"), Is.EqualTo([1L]));
            Assert.That(Alarms().Single(), Does.Contain(code).And.Contains(license.Id));
            Assert.That((await HealthAsync("marketplace")).Status, Is.EqualTo("Healthy"));
        }
    }

    // The marketplace wants it all the same.
    [Test]
    public async Task Upload_WasParkedAndTheMarketplaceAsksAgain_IsSentOnceMore()
    {
        OpenApi.JudgeUpload = static _ => (200, "91381037");
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        OpenApi.JudgeUpload = static _ => (200, "CBC.0000");

        var again = await AskAsync(license, "event-1", "a");
        await SendAsync();
        var arrived = await AskAsync(license, "event-1", "a");

        Assert.That((again.ResultCode, arrived.ResultCode), Is.EqualTo((InProgress, "000000")));
        Assert.That(OpenApi.Uploads.Select(upload => upload.Code).Distinct().ToList(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Upload_WasParkedAndTheDeviceFetchedANewerCode_TheNewerOneIsSent()
    {
        OpenApi.JudgeUpload = static _ => (200, "91381037");
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        var now = App.Time.GetUtcNow();
        var call = V2Call.License(license.Id, "event-1", "a", now, now + SoldLicense.Term);
        await App.MarketplaceV2.SendAsync(call);
        await SendAsync();
        await App.MarketplaceV2.SendAsync(V2Call.Refresh(license.Id, now + TimeSpan.FromDays(100)));
        var fetched = await SoldLicense.RefreshedAsync(App, OpenApi.Uploads.Single().Code);
        OpenApi.JudgeUpload = static _ => (200, "CBC.0000");

        await App.MarketplaceV2.SendAsync(call);
        await SendAsync();

        Assert.That(OpenApi.Uploads.Select(upload => upload.Code).ToList(), Has.Count.EqualTo(2).And.Unique);
        Assert.That(OpenApi.Uploads[^1].Code, Is.EqualTo(fetched));
    }

    [TestCase(500, "CBC.0999")]
    [TestCase(200, "91381036")]
    [TestCase(200, "91381034")]
    public async Task Upload_OtherAnswer_IsTriedAgain(int status, string code)
    {
        OpenApi.JudgeUpload = _ => (status, code);
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        var waiting = await AskAsync(license, "event-1", "a");
        await SendAfterAsync(TimeSpan.FromSeconds(5));
        OpenApi.JudgeUpload = static _ => (200, "CBC.0000");
        await SendAfterAsync(TimeSpan.FromSeconds(10));

        Assert.That((waiting.ResultCode, (await AskAsync(license, "event-1", "a")).ResultCode), Is.EqualTo((InProgress, "000000")));
        Assert.That(OpenApi.Uploads, Has.Count.EqualTo(3));
        Assert.That(Alarms(), Is.Empty);
    }

    // It has the license: only the answer that said so was lost.
    [Test]
    public async Task Upload_NoLongerOpenAfterALostAnswer_IsSuccess()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        OpenApi.Fault = OpenApiServer.CloseAsync;
        await SendAsync();
        OpenApi.Fault = null;
        OpenApi.JudgeUpload = static _ => (200, "91381034");
        await SendAfterAsync(TimeSpan.FromSeconds(5));

        Assert.That((await AskAsync(license, "event-1", "a")).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task Upload_NoLongerOpenAfterAnAnswerThatIsKnown_IsNone()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        OpenApi.JudgeUpload = static _ => (500, "CBC.0999");
        await SendAsync();
        OpenApi.JudgeUpload = static _ => (200, "91381034");
        await SendAfterAsync(TimeSpan.FromSeconds(5));

        Assert.That((await AskAsync(license, "event-1", "a")).ResultCode, Is.EqualTo(InProgress));
    }

    [Test]
    public async Task Upload_Forbidden_IsTriedAgain_HealthIsYellowUntilItIsAccepted()
    {
        OpenApi.Fault = OpenApiServer.Refuse;
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        var refused = await HealthAsync("marketplace");
        OpenApi.Fault = null;
        await SendAfterAsync(TimeSpan.FromSeconds(5));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused.Status, Is.EqualTo("Degraded"));
            Assert.That(App.Logs.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Message), Has.One.Contains("AK/SK"));
            Assert.That(App.Logs.Lines.Select(line => line.Message + line.Parameters), Has.None.Contains(OpenApiServer.SecretAccessKey));
            Assert.That((await AskAsync(license, "event-1", "a")).ResultCode, Is.EqualTo("000000"));
            Assert.That((await HealthAsync("marketplace")).Status, Is.EqualTo("Healthy"));
        }
    }

    // Each node looked at its own calls only: that of the refused one stayed yellow for as long as the others did the work.
    [TestCase(null)]
    [TestCase("no answer")]
    public async Task Upload_ForbiddenHereAndAcceptedByAnotherNode_HealthIsGreenAgain(string? newestError)
    {
        OpenApi.Fault = OpenApiServer.Refuse;
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        await App.WriteCallsAsync();
        var refused = await HealthAsync("marketplace");
        var later = App.Time.GetUtcNow() + TimeSpan.FromMinutes(2);

        // As the other node stores it, the second time also that it got no answer afterwards.
        var use = new OpenApiUse("default", "uploadLicense", later - TimeSpan.FromTicks(later.Ticks % TimeSpan.TicksPerMinute), later, newestError);
        await App.Services.GetRequiredService<ICallStore>().AddAsync([], [], [use], CancellationToken.None);

        Assert.That(refused.Description, Does.StartWith("The open API refuses"));
        Assert.That((await HealthAsync("marketplace")).Status, Is.EqualTo("Healthy"));
    }

    // The credentials may look up orders and not upload: each good look-up turned health green, while no software got its license.
    [Test]
    public async Task Upload_ForbiddenAndAnOrderIsLookedUpSince_HealthStaysYellowUntilAnUploadIsAccepted()
    {
        OpenApi.JudgeUpload = static _ => (403, "CBC.0150");
        OpenApi.AddOrder("CS1", "OFFI1");
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        await App.WriteCallsAsync();

        App.Time.Advance(TimeSpan.FromMinutes(2));
        var account = App.Services.GetRequiredService<SellerAccounts>().All[0];
        var found = await App.Services.GetRequiredService<RecordedOpenApi>().QueryOrderAsync(account, test: false, "CS1", null, null, Patience.Length, CancellationToken.None);
        await App.WriteCallsAsync();
        var refused = await HealthAsync("marketplace");
        var lastError = (await App.Admin.ListAsync("marketplace/accounts")).Single().GetProperty("openApi").GetProperty("lastError").GetString();
        OpenApi.JudgeUpload = static _ => (200, "CBC.0000");
        await SendAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(found.Answer.Succeeded, Is.True);
            Assert.That(refused.Status, Is.EqualTo("Degraded"));
            Assert.That(refused.Description, Does.Contain("default (uploadLicense)"));
            Assert.That(lastError, Does.Contain("CBC.0150"));
            Assert.That((await HealthAsync("marketplace")).Status, Is.EqualTo("Healthy"));
        }
    }

    // After the first that hung they went one by one, and each that hung again held up all others of the account for 15 seconds.
    [Test]
    public async Task Upload_OthersOfTheAccountHang_ArrivesMeanwhile()
    {
        OpenApi.Fault = static context => context.Request.Path.Value!.Contains("hangs", StringComparison.Ordinal)
            ? OpenApiServer.HangAsync(context)
            : OpenApiServer.With(200, """{"error_code":"CBC.0000"}""")(context);
        var license = await SoldLicense.BuyPlacesAsync(App, 4);
        var dispatcher = App.Services.GetRequiredService<OutboxDispatcher>();
        string[] hanging = ["hangs-1", "hangs-2", "hangs-3"];
        foreach (var each in hanging)
        {
            await AskAsync(license, each, each);
        }

        await BeginAsync(3);
        App.Time.Advance(TimeSpan.FromSeconds(15));
        await dispatcher.WhenIdleAsync();
        App.Time.Advance(TimeSpan.FromSeconds(5));
        await BeginAsync(3);

        await AskAsync(license, "event-4", "d");
        await BeginAsync(1);

        using var patience = new CancellationTokenSource(Patience.Length);
        while ((await AskAsync(license, "event-4", "d")).ResultCode != "000000")
        {
            patience.Token.ThrowIfCancellationRequested();
        }

        App.Time.Advance(TimeSpan.FromSeconds(15));
        await dispatcher.WhenIdleAsync();

        async Task BeginAsync(int count)
        {
            Assert.That(await dispatcher.DispatchAsync(CancellationToken.None), Is.EqualTo(count));
            for (var i = 0; i < count; i++)
            {
                await OpenApi.NextAsync();
            }
        }
    }

    [Test]
    public async Task Upload_OfALicenseThatWasBought_IsKeptUnderItsOrderAndItsInstance()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();

        var call = (await App.CallsAsync("?activity=uploadLicense")).Single();

        Assert.That(call.GetProperty("instanceId").GetString(), Is.EqualTo(license.Id));
        Assert.That(call.GetProperty("orderId").GetString(), Is.EqualTo(App.Query("SELECT order_id FROM orders").Single()));
    }

    [Test]
    public async Task Upload_OpenApiIsDead_WaitsAndArrivesAfterIt_AlsoAfterARestart()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        var port = new Uri(OpenApi.Url).Port;
        await OpenApi.DisposeAsync();
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        await App.RestartAsync();
        await using var again = await OpenApiServer.StartAsync(App.Time, port);
        await SendAfterAsync(TimeSpan.FromSeconds(5));

        Assert.That(again.Uploads.Single().EventId, Is.EqualTo("event-1"));
        Assert.That((await AskAsync(license, "event-1", "a")).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task Upload_AfterAReissue_TheNewCodeIsUploadedForTheSameEvent()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        var activationId = (string)App.Query("SELECT id FROM activations").Single()!;

        await App.Services.GetRequiredService<ActivationService>().ReissueAsync(
            license.Id, activationId, generation: 2, new CallSource("keys", "reissue"), "the key was revoked", CancellationToken.None);
        var waiting = await AskAsync(license, "event-1", "a");
        await SendAsync();
        var arrived = await AskAsync(license, "event-1", "a");

        Assert.That((waiting.ResultCode, arrived.ResultCode), Is.EqualTo((InProgress, "000000")));
        Assert.That(OpenApi.Uploads.Select(upload => upload.EventId), Is.EqualTo(["event-1", "event-1"]));
        Assert.That(OpenApi.Uploads.Select(upload => upload.Code).ToList(), Is.Unique);
    }

    // Uploaded all the same, it was good offline until the end of what had been given back.
    [TestCase("release")]
    [TestCase("revoke")]
    public async Task Upload_TheLicenseIsOverMeanwhile_NothingIsUploaded(string command)
    {
        OpenApi.Fault = OpenApiServer.Refuse;
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        await license.CommandAsync(command);
        OpenApi.Fault = null;
        await SendAfterAsync(TimeSpan.FromSeconds(5));

        Assert.That(OpenApi.Uploads, Has.Count.EqualTo(1), "the one that was refused");
        Assert.That(App.Query("SELECT count(*) FROM outbox WHERE delivered_at IS NULL"), Is.EqualTo([0L]));
    }

    // The marketplace closes the event with the first one that it gets.
    [Test]
    public async Task Upload_WaitsAndIsReissued_OnlyTheNewCodeIsSent()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        var activationId = (string)App.Query("SELECT id FROM activations").Single()!;
        await App.Services.GetRequiredService<ActivationService>().ReissueAsync(
            license.Id, activationId, generation: 2, new CallSource("keys", "reissue"), "the key was revoked", CancellationToken.None);

        await SendAsync();
        var arrived = await AskAsync(license, "event-1", "a");

        Assert.That(OpenApi.Uploads.Single().Code, Is.EqualTo(App.Query("SELECT text FROM codes ORDER BY generation DESC LIMIT 1").Single()));
        Assert.That(arrived.ResultCode, Is.EqualTo("000000"));
        Assert.That(App.Query("SELECT count(*) FROM outbox WHERE delivered_at IS NULL"), Is.EqualTo([0L]));
    }

    [Test]
    public async Task Upload_NoLongerOpenAfterNobodyWasReachedInTime_IsNone()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        var silence = $"https://127.0.0.1:{((IPEndPoint)silent.LocalEndPoint!).Port}";
        await App.RestartAsync($"Marketplace:OpenApi:Hosts:0={silence}");
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        var sending = SendAsync();
        using (await silent.AcceptAsync().WaitAsync(Patience.Length))
        {
            App.Time.Advance(TimeSpan.FromSeconds(15));
            await sending.WaitAsync(Patience.Length);
        }

        OpenApi.JudgeUpload = static _ => (200, "91381034");
        await App.RestartAsync($"Marketplace:OpenApi:Hosts:0={OpenApi.Url}");
        await SendAfterAsync(TimeSpan.FromMinutes(1));

        Assert.That(App.Query("SELECT lost_answers FROM outbox"), Is.EqualTo([0L]));
        Assert.That((await AskAsync(license, "event-1", "a")).ResultCode, Is.EqualTo(InProgress));
    }

    [TestCase("91381037")]
    [TestCase("CBC.0150")]
    [TestCase("91381034")]
    public async Task Upload_OfADebugCase_IsOneDebugLine_NoAlarmAndNoHealth(string code)
    {
        await App.RestartAsync("Logging:LogLevel:LicenseAuthority.Marketplaces=Debug");
        OpenApi.JudgeUpload = _ => (code == "CBC.0150" ? 403 : 200, code);
        var license = await SoldLicense.BuyAsync(App, purchase => purchase.With("testFlag", "1"));
        var now = App.Time.GetUtcNow();
        var call = V2Call.License(license.Id, "event-1", "a", now, now + SoldLicense.Term).With("testFlag", "1");
        var first = await App.MarketplaceV2.SendAsync(call);
        for (var i = 0; i < 6; i++)
        {
            await SendAfterAsync(TimeSpan.FromSeconds(30));
        }

        var again = await App.MarketplaceV2.SendAsync(call);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((first.ResultCode, again.ResultCode), Is.EqualTo((InProgress, "000000")));
            Assert.That(App.Logs.Lines.Where(line => line.Message.Contains("event-1", StringComparison.Ordinal)).Select(line => line.Level), Is.EqualTo([LogLevel.Debug]));
            Assert.That(App.Logs.Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Message), Has.None.Contains("open API"));
            Assert.That((await HealthAsync("marketplace")).Status, Is.EqualTo("Healthy"));
            Assert.That((await HealthAsync("outbox")).Description, Does.EndWith("0 are dead-lettered."));
        }
    }

    private IEnumerable<string> Alarms() => App.Logs.Lines.Select(line => line.Message).Where(message => message.StartsWith("ALARM", StringComparison.Ordinal));

    private Task<MarketplaceReply> AskAsync(SoldLicense license, string eventId, string fingerprint)
    {
        var now = App.Time.GetUtcNow();
        return App.MarketplaceV2.SendAsync(V2Call.License(license.Id, eventId, fingerprint, now, now + TimeSpan.FromDays(5)));
    }
}
