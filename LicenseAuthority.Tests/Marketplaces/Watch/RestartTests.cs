using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.Watch;

/// <summary>Calls that failed and that the marketplace does not repeat: how long they are listed, over real sockets. And dial tests, and calls of nobody.</summary>
[OnEveryDatabase]
internal sealed class RestartTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Outbox:Enabled=false"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Restart_OfACallMadeOnce_IsShownWithAllThatIsKnown()
    {
        await _app.Marketplace.SendAsync(InstanceCall.Release("lic_none", "CS1"));

        var shown = (await _app.WatchAsync()).GetProperty("restart").EnumerateArray().Single();
        var journal = (await _app.CallsAsync("?activity=releaseLicense")).Single();

        Assert.That(shown.GetRawText(), Is.EqualTo(
            $$"""
            {"callId":"{{journal.GetProperty("id").GetString()}}","at":"2026-06-01T00:00:00Z","account":"default","activity":"releaseLicense","instanceId":"lic_none","orderId":"CS1","resultCode":"000003","resultMsg":"there is no instance with this instanceId"}
            """));
    }

    // The marketplace does not repeat it, so what a killed process forgets of it nobody would ever hear.
    [Test]
    public async Task Restart_OfACallMadeOnce_IsWrittenDownBeforeItIsAnswered()
    {
        await _app.Marketplace.SendAsync(InstanceCall.Release("lic_none", "CS1"));

        Assert.That(_app.Query("SELECT order_id FROM watch_restarts"), Is.EqualTo(["CS1"]));
    }

    [Test]
    public async Task Restart_SameCallSucceeds_IsListedNoMore()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.Marketplace.SendAsync(InstanceCall.Release(license.Id, "CS-A").With("instanceId", new string('x', 65)));
        await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-B", _app.Time.GetUtcNow().AddDays(20)).Without("expireTime"));
        await _app.Marketplace.SendAsync(InstanceCall.Expire("lic_none", "CS-C"));
        Assert.That(await _app.RestartsAsync(), Is.EquivalentTo(["releaseLicense CS-A 000002", "refreshLicense CS-B 000002", "expireLicense CS-C 000003"]));

        // Another renewal, and the same one as it should have been, are other calls.
        await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-D", _app.Time.GetUtcNow().AddDays(30)));
        await _app.Marketplace.SendAsync(InstanceCall.Expire(license.Id, "CS-C"));

        Assert.That(await _app.RestartsAsync(), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Restart_FailsOnceMore_IsListedOnceWithTheNewestAnswer()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        await app.Marketplace.SendAsync(InstanceCall.Release("lic_none", "CS1"));
        await app.WriteWatchAsync();
        app.Time.Advance(TimeSpan.FromHours(1));
        await app.Marketplace.SendAsync(InstanceCall.Release("lic_none", "CS1"));

        var shown = (await app.WatchAsync()).GetProperty("restart").EnumerateArray().Single();

        Assert.That(shown.GetProperty("at").GetString(), Is.EqualTo("2026-06-01T00:00:00Z"), "the id and the time of the first one");
        Assert.That(app.Query("SELECT call_id FROM watch_restarts"), Has.Count.EqualTo(1));
    }

    // A call that was carried out and whose answer did not arrive: made again it succeeds and changes nothing.
    [Test]
    public async Task Restart_AnsweredTooLate_IsListedUntilTheSameCallSucceeds()
    {
        await _app.DisposeAsync();
        (_app, var signer) = await SlowSigner.StartAsync("Expiry:Enabled=false");
        var license = await SoldLicense.BuyAsync(_app);
        var expiresAt = _app.Time.GetUtcNow().AddDays(20);
        signer.Takes = TimeSpan.FromSeconds(6);
        Assert.That((await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-B", expiresAt))).ResultCode, Is.EqualTo("000000"));
        Assert.That(await _app.RestartsAsync(), Is.EqualTo(["refreshLicense CS-B 000000"]));

        Assert.That((await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-B", expiresAt))).ResultCode, Is.EqualTo("000000"));

        Assert.That(await _app.RestartsAsync(), Is.Empty);
        Assert.That(_app.Query("SELECT ended_as FROM watch_restarts"), Is.EqualTo(["succeeded"]));
    }

    [Test]
    public async Task Restart_OfACallThatIsRepeated_IsListedOnlyAfterwards()
    {
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", "0"));
        await _app.MarketplaceV2.SendAsync(V2Call.Status("lic_none", "FREEZE"));
        await _app.MarketplaceV2.SendAsync(V2Call.Of("newInstance", ("orderId", "CS2"), ("orderLineId", "CS2-1"), ("businessId", "b")));
        await _app.WriteWatchAsync();
        _app.Time.Advance(TimeSpan.FromHours(2) - TimeSpan.FromMilliseconds(1));
        Assert.That(await _app.RestartsAsync(), Is.Empty);

        _app.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(await _app.RestartsAsync(), Is.EqualTo(["updateInstanceStatus  000003"]));
        _app.Time.Advance(TimeSpan.FromHours(1));
        Assert.That(
            await _app.RestartsAsync(), Is.EquivalentTo(["updateInstanceStatus  000003", "getLicense CS1 000002"]), "the customer of newInstance was paid back by then");

        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        Assert.That(await _app.RestartsAsync(), Is.EqualTo(["updateInstanceStatus  000003"]));
    }

    [TestCase("apply")]
    [TestCase("dismiss")]
    public async Task Restart_ItsEntryIsDecided_IsListedNoMore(string decision)
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.Marketplace.SendAsync(InstanceCall.Release(license.Id, license.OrderId));
        await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-B", _app.Time.GetUtcNow().AddDays(20)));
        Assert.That(await _app.RestartsAsync(), Is.EqualTo(["refreshLicense CS-B 000003"]));
        _app.Time.Advance(TimeSpan.FromHours(1));

        var reply = await _app.Admin.PostAsync($"conflicts/{(await _app.Admin.ListIdsAsync("conflicts")).Single()}/{decision}");

        Assert.That((int)reply.Status, Is.EqualTo(200), reply.ToString());
        Assert.That(await _app.RestartsAsync(), Is.Empty);
        Assert.That(_app.Query("SELECT ended_as FROM watch_restarts"), Is.EqualTo(["decided"]));
    }

    [Test]
    public async Task Restart_Dismissed_IsListedNoMore()
    {
        await _app.Marketplace.SendAsync(InstanceCall.Release("lic_none", "CS1"));
        var id = (await _app.WatchAsync()).GetProperty("restart")[0].GetProperty("callId").GetString();

        var reply = await _app.Admin.PostAsync($"marketplace/watch/restart/{id}/dismiss", "seen to by hand");
        var again = await _app.Admin.PostAsync($"marketplace/watch/restart/{id}/dismiss");

        Assert.That((int)reply.Status, Is.EqualTo(200));
        Assert.That(reply.Json.GetProperty("callId").GetString(), Is.EqualTo(id));
        Assert.That($"{(int)again.Status} {again.Code}", Is.EqualTo("404 restart-not-found"));
        Assert.That(await _app.RestartsAsync(), Is.Empty);
        Assert.That(_app.Query("SELECT ended_by || ': ' || remark FROM watch_restarts"), Is.EqualTo(["admin:bootstrap: seen to by hand"]));

        // It is news when it fails anew.
        await _app.Marketplace.SendAsync(InstanceCall.Release("lic_none", "CS1"));
        Assert.That(await _app.RestartsAsync(), Is.EqualTo(["releaseLicense CS1 000003"]));
    }

    [Test]
    public async Task Restart_OfATest_IsNeverListed()
    {
        await _app.Marketplace.SendAsync(InstanceCall.Release("lic_none", "CS1").With("testFlag", "1"));

        Assert.That(await _app.RestartsAsync(), Is.Empty);
    }

    [Test]
    public async Task DialTests_ShowTheLastOneAndTheFailedDaysInARow()
    {
        async Task TestAsync(string order, string amount) =>
            await _app.Marketplace.SendAsync(GetLicenseCall.For(order).With("testFlag", "1").With("amount", amount));

        await TestAsync("CS1", "1");
        foreach (var amounts in new[] { "0", "0 0", "1 0" })
        {
            _app.Time.Advance(TimeSpan.FromDays(1));
            foreach (var amount in amounts.Split(' '))
            {
                await TestAsync("CS1", amount);
                await _app.WriteWatchAsync();
            }
        }

        Assert.That((await _app.WatchAsync()).GetProperty("dialTests").GetRawText(), Is.EqualTo(
            """[{"account":"default","activity":"getLicense","lastAt":"2026-06-04T00:00:00Z","lastResultCode":"000002","failedDays":3}]"""));
        await TestAsync("CS1", "1");
        Assert.That((await _app.WatchAsync()).GetProperty("dialTests")[0].GetProperty("failedDays").GetInt32(), Is.Zero);
        Assert.That((await _app.WatchAsync()).GetProperty("items").GetRawText(), Is.EqualTo("[]"));
    }

    [Test]
    public async Task DialTests_StopAfterThreeDays_OneWarningUntilThereWereSomeAgain()
    {
        async Task DayAsync()
        {
            await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("testFlag", "1"));
            await _app.WriteWatchAsync();
            _app.Time.Advance(TimeSpan.FromDays(1));
        }

        // Whoever told it first in the store tells it to the log, and that may be the background, a moment later.
        void AssertTold(int times)
        {
            SpinWait.SpinUntil(() => Told() >= times, Patience.Length);
            Assert.That(Told(), Is.EqualTo(times));
        }

        int Told() => _app.Logs.Lines.Count(static line => line.Message.Contains("dial tests came on three days in a row", StringComparison.Ordinal));

        _app.Time.Advance(LicenseAuthorityApplication.HoldFor);
        await DayAsync();
        await DayAsync();
        await DayAsync();
        _app.Time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromMilliseconds(1));
        await _app.WriteWatchAsync();
        Assert.That(Told(), Is.Zero);

        _app.Time.Advance(TimeSpan.FromMilliseconds(1));
        await _app.WriteWatchAsync();
        await _app.WriteWatchAsync();
        await _app.RestartAsync();
        _app.Time.Advance(TimeSpan.FromHours(1));
        await _app.WriteWatchAsync();
        AssertTold(1);

        await DayAsync();
        await DayAsync();
        await DayAsync();
        _app.Time.Advance(TimeSpan.FromHours(12));
        await _app.WriteWatchAsync();
        AssertTold(2);
    }

    [Test]
    public async Task Refused_CallsThatLookLikeTheMarketplaces_AreCounted()
    {
        var stranger = _app.CallerWith("another key");
        var stranger2 = _app.V2CallerWith("another key");
        async Task V1Async(GetLicenseCall call) => await stranger.SendRawAsync(stranger.SignedQuery(call.Parameters), LicenseAuthorityApplication.DemoAccessKey);
        async Task V2Async(V2Call call) =>
            await stranger2.SendRawAsync(stranger2.SignedQuery(call.Body), call.Body, answerKey: LicenseAuthorityApplication.DemoAccessKey);

        await V1Async(GetLicenseCall.For("CS1"));
        await V2Async(V2Call.Release("lic_none"));
        await V1Async(GetLicenseCall.For("CS1").With("testFlag", "1"));
        await V1Async(GetLicenseCall.For("CS1").With("activity", "somethingElse"));
        await V1Async(GetLicenseCall.For("CS1").With("timeStamp", "now"));
        await V2Async(V2Call.Release("lic_none").With("testFlag", "1"));
        await V2Async(V2Call.Of("somethingElse"));
        await _app.Client.GetAsync(new Uri(MarketplaceCaller.Path, UriKind.Relative));

        Assert.That((await _app.WatchAsync()).GetProperty("refused").GetInt64(), Is.EqualTo(2));
        Assert.That((await _app.WatchAsync()).GetProperty("items").GetRawText(), Is.EqualTo("[]"), "nobody knows whose orders they are");
    }

    // Signed with the right key, at a time that is not ours: the clock is wrong here.
    [Test]
    public async Task Refused_CallsOfAnotherTime_AreCounted()
    {
        var body = V2Call.Release("lic_none").Body;
        var caller = _app.MarketplaceV2;

        var reply = await caller.SendRawAsync(caller.SignedQuery(body, timestamp: V2Caller.TimestampOf(_app.Time.GetUtcNow().AddHours(1))), body);

        Assert.That(reply.ResultCode, Is.EqualTo("000001"));
        Assert.That((await _app.WatchAsync()).GetProperty("refused").GetInt64(), Is.EqualTo(1));
    }

    // The marketplace's debugging page tries such on purpose, and so may anybody who has a call of its.
    [Test]
    public async Task Nonce_ComesWithAnotherBody_IsNoCallOfTheMarketplaces()
    {
        var nonce = V2Caller.NewNonce();
        await _app.MarketplaceV2.SendAsync(V2Call.Release("lic_none").Body, nonce);
        await _app.WriteWatchAsync();

        Assert.That((await _app.MarketplaceV2.SendAsync(V2Call.Release("lic_other").Body, nonce)).ResultCode, Is.EqualTo("000001"));

        await _app.WriteWatchAsync();
        Assert.That(_app.Query("SELECT instance_id FROM watch_restarts"), Is.EqualTo(["lic_none"]));
    }
}
