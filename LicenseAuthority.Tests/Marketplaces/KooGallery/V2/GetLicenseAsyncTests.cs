using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>Licenses that the buyer's software asks for through the marketplace, over real sockets both ways.</summary>
[OnEveryDatabase]
internal sealed class GetLicenseAsyncTests : OpenApiTests
{
    private const string InProgress = "000004";

    private static readonly TimeSpan Term = SoldLicense.Term;

    [Test]
    public async Task GetLicenseAsync_FreePlace_TheCodeIsUploadedAndWorksOnThisDeviceAlone()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 2);

        var first = await AskAsync(license, "event-1", "board-1, disk-2");
        var waiting = await AskAsync(license, "event-1", "board-1, disk-2");
        await SendAsync();
        var arrived = await AskAsync(license, "event-1", "board-1, disk-2");

        var upload = OpenApi.Uploads.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((first.ResultCode, waiting.ResultCode, arrived.ResultCode), Is.EqualTo((InProgress, InProgress, "000000")));
            Assert.That((upload.EventId, upload.Type), Is.EqualTo(("event-1", "CHARACTERS")));
            Assert.That(On("board-1, disk-2").Check(upload.Code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(On("board-1", "disk-2").Check(upload.Code).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice), "one string, never split");
            Assert.That(App.Check(upload.Code).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(["license.issued marketplace", "license.activated marketplace"]));
            Assert.That(App.Query("SELECT payload FROM outbox").Single(), Does.Not.Contain(upload.Code[^20..]), "the row names the code and does not hold it");
            Assert.That(App.Logs.Lines.Select(line => line.Message + line.Parameters), Has.None.Contains("board-1"));
        }
    }

    [Test]
    public async Task GetLicenseAsync_SameEventAndDeviceAgain_IsTheSameCode_AlsoAfterARestart()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await App.RestartAsync();

        var again = await AskAsync(license, "event-1", "a");
        await SendAsync();
        await App.RestartAsync();
        var later = await AskAsync(license, "event-1", "a");
        await SendAsync();

        Assert.That((again.ResultCode, later.ResultCode), Is.EqualTo((InProgress, "000000")));
        Assert.That(OpenApi.Uploads, Has.Count.EqualTo(1));
        Assert.That(App.Query("SELECT count(*) FROM codes"), Is.EqualTo([2L]));
    }

    // Delivered messages are deleted after a week.
    [Test]
    public async Task GetLicenseAsync_LongAfterItArrived_IsStillSuccess()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        App.Change("DELETE FROM outbox");

        Assert.That((await AskAsync(license, "event-1", "a")).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task GetLicenseAsync_SameDeviceUnderANewEvent_GetsANewCodeAndIsCountedOnce()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        var second = await AskAsync(license, "event-2", " a ");
        await SendAsync();
        var firstAgain = await AskAsync(license, "event-1", "a");
        await SendAsync();

        var codes = OpenApi.Uploads.Select(upload => upload.Code).ToList();
        Assert.That((second.ResultCode, firstAgain.ResultCode), Is.EqualTo((InProgress, "000000")));
        Assert.That(OpenApi.Uploads.Select(upload => upload.EventId), Is.EquivalentTo(["event-1", "event-2"]));
        Assert.That(codes, Is.Unique.And.All.Matches<string>(code => On("a").Check(code).Outcome == LicenseOutcome.Valid));
        Assert.That(App.Query("SELECT count(*) FROM activations"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task GetLicenseAsync_AndActivations_AreOneCount()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 2);
        await On("a").PlacedAsync(license.FirstCode);

        var known = await AskAsync(license, "event-1", "a");
        var second = await AskAsync(license, "event-2", "b");
        var third = await AskAsync(license, "event-3", "c");
        var byItself = await On("c").ActivateAsync(license.FirstCode);
        var ownPlace = await On("b").ActivateAsync(license.FirstCode);

        Assert.That((known.ResultCode, second.ResultCode, third.ResultCode), Is.EqualTo((InProgress, InProgress, "000900")));
        Assert.That((byItself.Code, ownPlace.Code), Is.EqualTo(("no-seat-left", (string?)null)));
        Assert.That(third.ResultMessage, Does.Contain("2"));
    }

    [Test]
    public async Task GetLicenseAsync_ManyAtOnceForTheLastPlace_OneGetsIt()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);

        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => AskAsync(license, $"event-{n}", $"device-{n}")));
        await SendAsync();

        Assert.That(replies.Select(reply => reply.ResultCode).Order(), Is.EqualTo(Enumerable.Repeat("000900", 9).Prepend(InProgress)));
        Assert.That(OpenApi.Uploads, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task GetLicenseAsync_SameEventManyTimesAtOnce_OneCode()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);

        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => AskAsync(license, "event-1", "a")));
        await SendAsync();

        Assert.That(replies.Select(reply => reply.ResultCode), Is.All.EqualTo(InProgress));
        Assert.That(OpenApi.Uploads, Has.Count.EqualTo(1));
    }

    [TestCase("start", "000901")]
    [TestCase("end", "000901")]
    [TestCase("noEnd", "000902")]
    [TestCase("noFingerprint", "000903")]
    [TestCase("blankFingerprint", "000903")]
    [TestCase("released", "000003")]
    [TestCase("revoked", "000003")]
    [TestCase("unknown", "000003")]
    [TestCase("test", "000003")]
    public async Task GetLicenseAsync_WhatIsRefused_HasItsCodeAndStoresNothing(string what, string expected)
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        var now = App.Time.GetUtcNow();
        if (what == "released")
        {
            await license.ReleaseAsync();
        }
        else if (what == "revoked")
        {
            await license.CommandAsync("revoke");
        }

        var call = V2Call.License(license.Id, "event-1", "a", now, now + Term);
        var rows = App.CountRows();
        var reply = await App.MarketplaceV2.SendAsync(what switch
        {
            "start" => call.With("effectiveTime", V2Call.TimeOf(now - TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1))),
            "end" => call.With("expireTime", V2Call.TimeOf(now + Term + TimeSpan.FromSeconds(1))),
            "noEnd" => call.Without("expireTime"),
            "noFingerprint" => call.Without("deviceFingerprint"),
            "blankFingerprint" => call.With("deviceFingerprint", " \t"),
            "unknown" => call.With("instanceId", "lic_unknown"),
            "test" => call.With("testFlag", "1"),
            _ => call,
        });

        Assert.That(reply.ResultCode, Is.EqualTo(expected), reply.ResultMessage);
        Assert.That(App.CountRows(), Is.EqualTo(rows));
    }

    [TestCase("eventId", null)]
    [TestCase("eventId", "..")]
    [TestCase("instanceId", "")]
    [TestCase("effectiveTime", null)]
    [TestCase("effectiveTime", "tomorrow")]
    [TestCase("expireTime", "2026-02-30 00:00:00 z")]
    [TestCase("testFlag", "2")]
    public async Task GetLicenseAsync_BadParameter_IsNamed(string name, string? value)
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        var now = App.Time.GetUtcNow();

        var reply = await App.MarketplaceV2.SendAsync(V2Call.License(license.Id, "event-1", "a", now, now + Term).With(name, value));

        Assert.That((reply.ResultCode, reply.ResultMessage), Is.EqualTo(("000002", reply.ResultMessage)));
        Assert.That(reply.ResultMessage, Does.Contain(name));
    }

    [TestCase(1024, InProgress)]
    [TestCase(1025, "000002")]
    public async Task GetLicenseAsync_LengthOfTheFingerprint_1024AtMost(int length, string expected)
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);

        Assert.That((await AskAsync(license, "event-1", new string('f', length))).ResultCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task GetLicenseAsync_TermAskedFor_IsThatOfTheCode()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        var now = App.Time.GetUtcNow();

        await App.MarketplaceV2.SendAsync(V2Call.License(license.Id, "event-1", "a", now + TimeSpan.FromDays(2), now + TimeSpan.FromDays(4)));
        await SendAsync();

        var claims = ClaimsOf(OpenApi.Uploads.Single().Code);
        Assert.That(
            (claims["nbf"]!.GetValue<long>(), claims["exp"]!.GetValue<long>()),
            Is.EqualTo((Seconds(now + TimeSpan.FromDays(2)), Seconds(now + TimeSpan.FromDays(4)))));
        Assert.That(claims["lease"], Is.Null);
    }

    [Test]
    public async Task GetLicenseAsync_FrozenByAHold_IsServed()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await App.MarketplaceV2.SendAsync(V2Call.Status(license.Id, "FREEZE"));

        Assert.That((await AskAsync(license, "event-1", "a")).ResultCode, Is.EqualTo(InProgress));
    }

    [Test]
    public async Task GetLicenseAsync_FreedDevice_AsksForAPlaceAnewAndGetsAnotherCode()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        await AskAsync(license, "event-1", "a");
        await SendAsync();
        await Device.FreeAsOperatorAsync(App, license.Id, (string)App.Query("SELECT id FROM activations").Single()!);

        var again = await AskAsync(license, "event-1", "a");
        await SendAsync();
        await Device.FreeAsOperatorAsync(App, license.Id, (string)App.Query("SELECT id FROM activations WHERE freed_at IS NULL").Single()!);
        await On("b").PlacedAsync(license.FirstCode);
        var full = await AskAsync(license, "event-1", "a");

        Assert.That((again.ResultCode, full.ResultCode), Is.EqualTo((InProgress, "000900")));
        Assert.That(OpenApi.Uploads.Select(upload => upload.Code).ToList(), Has.Count.EqualTo(2).And.Unique);
    }

    [Test]
    public async Task GetLicenseAsync_RenewedLicense_TheDeviceFetchesItsNewTermItself()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        var now = App.Time.GetUtcNow();
        await App.MarketplaceV2.SendAsync(V2Call.License(license.Id, "event-1", "a", now, now + Term));
        await SendAsync();
        var renewedTo = App.Time.GetUtcNow() + TimeSpan.FromDays(100);
        await App.MarketplaceV2.SendAsync(V2Call.Refresh(license.Id, renewedTo));

        var code = await SoldLicense.RefreshedAsync(App, OpenApi.Uploads.Single().Code);
        await SendAsync();

        Assert.That(ClaimsOf(code!)["exp"]!.GetValue<long>(), Is.EqualTo(Seconds(renewedTo)));
        Assert.That(OpenApi.Uploads, Has.Count.EqualTo(1), "the device has it");
    }

    [Test]
    public async Task GetLicenseAsync_OrderIsPending_WaitsToo_AndIsServedWithIt()
    {
        var orderId = SoldLicense.NewOrderId();
        var order = V2Call.Of("newInstance", ("businessId", "b-1"), ("orderId", orderId), ("orderLineId", orderId + "-000001"));
        var instanceId = (await App.MarketplaceV2.SendAsync(order)).InstanceId!;
        var now = App.Time.GetUtcNow();
        var call = V2Call.License(instanceId, "event-1", "a", now, now + Term);
        var waiting = await App.MarketplaceV2.SendAsync(call);
        OpenApi.AddOrder(orderId, "OFFI000000000000000001", expireTime: InstanceCall.Text(now + Term));
        var opened = await App.MarketplaceV2.SendAsync(order.With("businessId", "b-2"));

        var made = await App.MarketplaceV2.SendAsync(call);
        await SendAsync();
        var arrived = await App.MarketplaceV2.SendAsync(call);

        Assert.That(
            (waiting.ResultCode, opened.ResultCode, made.ResultCode, arrived.ResultCode),
            Is.EqualTo((InProgress, "000000", InProgress, "000000")));
        Assert.That(On("a").Check(OpenApi.Uploads.Single().Code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public async Task GetLicenseAsync_OrderIsServedAtThatMoment_IsNotUnknown()
    {
        var store = new FaultyActivationStore();
        await using var app = await LicenseAuthorityApplication.StartAsync([.. Settings, .. OpenApi.Settings], store.Replace);
        var orderId = SoldLicense.NewOrderId();
        var order = V2Call.Of("newInstance", ("businessId", "b-1"), ("orderId", orderId), ("orderLineId", orderId + "-000001"));
        var instanceId = (await app.MarketplaceV2.SendAsync(order)).InstanceId!;
        var now = app.Time.GetUtcNow();
        OpenApi.AddOrder(orderId, "OFFI000000000000000001", expireTime: InstanceCall.Text(now + Term));
        store.AfterRequested = async () => await app.MarketplaceV2.SendAsync(order.With("businessId", "b-2"));

        var reply = await app.MarketplaceV2.SendAsync(V2Call.License(instanceId, "event-1", "a", now, now + Term));

        Assert.That(reply.ResultCode, Is.EqualTo(InProgress), reply.ResultMessage);
        Assert.That(app.Query("SELECT count(*) FROM requested_codes"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task GetLicenseAsync_SameNonceAfterARestart_IsTheFirstAnswer()
    {
        var license = await SoldLicense.BuyPlacesAsync(App, 1);
        var now = App.Time.GetUtcNow();
        var body = V2Call.License(license.Id, "event-1", "a", now, now + Term).Body;
        var query = App.MarketplaceV2.SignedQuery(body);
        var first = await App.MarketplaceV2.SendRawAsync(query, body);
        await SendAsync();
        await App.RestartAsync();

        var again = await App.MarketplaceV2.SendRawAsync(query, body);

        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(again.ResultCode, Is.EqualTo(InProgress));
    }

    [Test]
    public async Task GetLicenseAsync_AccountWithoutCredentials_IsOurFault_AndTold()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(Settings);
        var license = await SoldLicense.BuyPlacesAsync(app, 1);
        var now = app.Time.GetUtcNow();
        var rows = app.CountRows();

        var reply = await app.MarketplaceV2.SendAsync(V2Call.License(license.Id, "event-1", "a", now, now + Term));

        Assert.That(reply.ResultCode, Is.EqualTo("000005"));
        Assert.That(app.CountRows(), Is.EqualTo(rows));
        Assert.That(app.Logs.Lines, Has.Some.Matches<RecordedLog>(line => line!.Level == LogLevel.Error && line.Message.Contains("open API", StringComparison.Ordinal)));
    }

    // Replayed twice a day with the dates and devices of the first time.
    [Test]
    public async Task GetLicenseAsync_TestLicense_NeitherCountNorTermNorStateRefuse()
    {
        var license = await SoldLicense.BuyAsync(App, purchase => purchase.With("testFlag", "1").With("amount", "1"));
        var now = App.Time.GetUtcNow();
        var call = V2Call.License(license.Id, "event-1", "a", now - TimeSpan.FromDays(300), now + TimeSpan.FromDays(300)).With("testFlag", "1");

        var codes = new List<string>();
        foreach (var next in new[] { call, call.With("eventId", "event-2").With("deviceFingerprint", "b"), call.With("deviceFingerprint", "c"), call.Without("expireTime"), call.Without("deviceFingerprint") })
        {
            codes.Add((await App.MarketplaceV2.SendAsync(next)).ResultCode);
        }

        await license.ReleaseAsync();
        codes.Add((await App.MarketplaceV2.SendAsync(call.With("deviceFingerprint", "d"))).ResultCode);

        Assert.That(codes, Is.EqualTo([InProgress, InProgress, InProgress, "000902", "000903", InProgress]));
    }

    [Test]
    public async Task GetLicenseAsync_NewRoundOfATestLicense_FreesTheDevices()
    {
        var license = await SoldLicense.BuyAsync(App, purchase => purchase.With("testFlag", "1"));
        var now = App.Time.GetUtcNow();
        var call = V2Call.License(license.Id, "event-1", "a", now, now + Term).With("testFlag", "1");
        await App.MarketplaceV2.SendAsync(call);
        await SendAsync();
        await license.ReleaseAsync();
        await license.BuyAgainAsync();

        var held = App.Query("SELECT count(*) FROM activations WHERE freed_at IS NULL").Single();
        var again = await App.MarketplaceV2.SendAsync(call);
        await SendAsync();

        Assert.That((held, again.ResultCode), Is.EqualTo((0L, InProgress)));
        Assert.That(OpenApi.Uploads.Select(upload => upload.Code).ToList(), Has.Count.EqualTo(2).And.Unique);
    }

    [Test]
    public async Task Upload_LongCode_GoesAsAFile()
    {
        await App.RestartAsync(LicenseAuthorityApplication.Product(0, Device.Product, "OFFI000000000000000001", "Entitlements:note=" + new string('e', 800)));
        var license = await SoldLicense.BuyPlacesAsync(App, 1);

        await AskAsync(license, "event-1", "a");
        await SendAsync();

        var upload = OpenApi.Uploads.Single();
        Assert.That((upload.Type, upload.FileName), Is.EqualTo(("FILE", license.Id + ".lic")));
        Assert.That(upload.Sha256, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(upload.Code)))));
        Assert.That(On("a").Check(upload.Code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    private Task<MarketplaceReply> AskAsync(SoldLicense license, string eventId, string fingerprint)
    {
        var now = App.Time.GetUtcNow();
        return App.MarketplaceV2.SendAsync(V2Call.License(license.Id, eventId, fingerprint, now, now + TimeSpan.FromDays(5)));
    }

    private Device On(params string[] fingerprints) => new(App, fingerprints);

    private static JsonNode ClaimsOf(string code)
    {
        var payload = code.Split('.')[1].Replace('-', '+').Replace('_', '/');
        return JsonNode.Parse(Convert.FromBase64String(payload.PadRight((payload.Length + 3) / 4 * 4, '=')))!;
    }

    private static long Seconds(DateTimeOffset instant) => instant.ToUnixTimeSeconds();
}
