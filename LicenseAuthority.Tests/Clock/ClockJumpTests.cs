using System.Globalization;
using System.Net;
using System.Text.Json;
using LicenseAuthority.Clock;
using LicenseAuthority.Expiry;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Clock;

/// <summary>The whole service on a machine whose clock jumps: fifty days ahead for 65 s released every license that was due by then, for good.</summary>
[OnEveryDatabase]
internal sealed class ClockJumpTests
{
    private static readonly TimeSpan FiftyDays = TimeSpan.FromDays(50);

    private LicenseAuthorityApplication _app = null!;
    private EnforceExpiryJob _job = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        _job = ActivatorUtilities.CreateInstance<EnforceExpiryJob>(_app.Services);
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task ClockIsFiftyDaysAheadFor65Seconds_NothingIsReleasedAndTheNodeStaysReady()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await BecomeGoodAsync();

        _app.Machine.Shift = FiftyDays;
        await RunAsync();
        var (stateMeanwhile, (status, clock)) = (await license.StateAsync(), await ReadyAsync());
        var issued = await SoldLicense.BuyAsync(_app);
        _app.Time.Advance(TimeSpan.FromSeconds(65));
        await RunAsync();
        _app.Machine.Shift = TimeSpan.Zero;
        await RunAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(stateMeanwhile, Is.EqualTo("Active"));
            Assert.That(status, Is.EqualTo(HttpStatusCode.OK), "it serves rightly: the load balancer must keep it");
            Assert.That(clock, Is.EqualTo("Degraded"));
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(["license.issued marketplace"]));
            Assert.That(await issued.StateAsync(), Is.EqualTo("Active"));
            Assert.That(_app.Check(issued.FirstCode).License!.IssuedAt, Is.LessThanOrEqualTo(_app.Time.GetUtcNow()), "no code is from the future");
            Assert.That((await ReadyAsync()).Clock, Is.EqualTo("Healthy"));
            Assert.That(_app.Logs.Lines.Count(line => line.Message.StartsWith("ALARM: the clock", StringComparison.Ordinal)), Is.EqualTo(1));
        }
    }

    // A machine that slept: the first call of the marketplace says what time it is, and must not be refused for that.
    [Test]
    public async Task V2Call_WithTheTimeAfterTheJump_ProvesItAndIsServed()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await BecomeGoodAsync();
        _app.Machine.Shift = FiftyDays;
        var body = V2Call.Query(license.Id).Body;
        var wall = _app.Machine.GetUtcNow();

        var stale = await CallAsync(wall - TimeSpan.FromMinutes(6));
        var reply = await CallAsync(wall);

        Assert.That(stale.ResultCode, Is.EqualTo("000001"));
        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That((await ReadyAsync()).Clock, Is.EqualTo("Healthy"));

        Task<MarketplaceReply> CallAsync(DateTimeOffset calledAt) =>
            _app.MarketplaceV2.SendRawAsync(_app.MarketplaceV2.SignedQuery(body, timestamp: V2Caller.TimestampOf(calledAt)), body);
    }

    [Test]
    public async Task NewTimeHasHeld_WhatIsDueIsRecorded()
    {
        // A machine that slept, where nobody looks.
        var license = await SoldLicense.BuyAsync(_app);
        await BecomeGoodAsync();

        _app.Machine.Shift = FiftyDays;
        await RunAsync();
        _app.Time.Advance(LicenseAuthorityApplication.HoldFor);
        await RunAsync();

        Assert.That(await license.EventWordsAsync(), Is.EqualTo(["license.issued marketplace", "license.frozen clock", "license.released clock"]));
    }

    [Test]
    public async Task Start_WithAClockFarAhead_NothingIsRecordedUntilItWasCorrectedAMinuteLater()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        _app.Machine.Shift = FiftyDays;
        await _app.RestartAsync();
        _job = ActivatorUtilities.CreateInstance<EnforceExpiryJob>(_app.Services);
        await RunAsync();
        var wrong = await license.StateAsync();

        _app.Time.Advance(TimeSpan.FromMinutes(1));
        _app.Machine.Shift = TimeSpan.Zero;
        await RunAsync();
        await BecomeGoodAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(wrong, Is.EqualTo("Released"), "states are what the time says, recorded or not");
            Assert.That(await license.StateAsync(), Is.EqualTo("Active"), "and nobody was harmed");
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(["license.issued marketplace"]));
        }
    }

    [Test]
    public async Task ClockIsCorrectedFromATimeBeforeTheNewestEvent_IsBelievedAtOnce()
    {
        await SoldLicense.BuyAsync(_app);
        await WatchAsync();
        _app.Machine.Shift = -FiftyDays;
        await BecomeGoodAsync();

        _app.Machine.Shift = TimeSpan.Zero;
        var license = await SoldLicense.BuyAsync(_app);

        Assert.That(_app.Check(license.FirstCode).License!.IssuedAt, Is.EqualTo(_app.Time.GetUtcNow()));
        Assert.That((await ReadyAsync()).Clock, Is.EqualTo("Healthy"));
    }

    [Test]
    public async Task MarketplaceCallsWithinFiveMinutesOfTheNewTime_ItIsBelievedAtOnce()
    {
        await BecomeGoodAsync();
        _app.Machine.Shift = FiftyDays;
        var wall = _app.Machine.GetUtcNow();

        await CallAsync(_app.Marketplace, wall - TimeSpan.FromMinutes(6));
        var afterAnOldCall = await ReadyAsync();
        await CallAsync(_app.CallerWith("some-other-access-key"), wall);
        var afterAStrangersCall = await ReadyAsync();
        await CallAsync(_app.Marketplace, wall + TimeSpan.FromMinutes(4));
        var afterACall = await ReadyAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(afterAnOldCall.Clock, Is.EqualTo("Degraded"));
            Assert.That(afterAStrangersCall.Clock, Is.EqualTo("Degraded"), "who cannot sign proves nothing");
            Assert.That(afterACall.Clock, Is.EqualTo("Healthy"));
            Assert.That(_app.Services.GetRequiredService<TimeProvider>().GetUtcNow(), Is.EqualTo(wall));
        }
    }

    private static Task<MarketplaceReply> CallAsync(MarketplaceCaller caller, DateTimeOffset timeStamp)
    {
        var call = GetLicenseCall.For(SoldLicense.NewOrderId()).With("timeStamp", timeStamp.UtcDateTime.ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture));
        return caller.SendRawAsync(caller.SignedQuery(call.Parameters), LicenseAuthorityApplication.DemoAccessKey);
    }

    // No scheduler: what Quartz would call.
    private async Task RunAsync() => await _job.Execute(null!, CancellationToken.None);

    private Task WatchAsync() => _app.Services.GetRequiredService<ClockWatcher>().CheckAsync(CancellationToken.None);

    private async Task BecomeGoodAsync()
    {
        await WatchAsync();
        _app.Time.Advance(LicenseAuthorityApplication.HoldFor);
        await WatchAsync();
        Assert.That(_app.Services.GetRequiredService<SteadyTime>().Read().IsSettled, Is.True);
    }

    private async Task<(HttpStatusCode Status, string? Clock)> ReadyAsync()
    {
        using var response = await _app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        var report = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, report.GetProperty("checks").GetProperty("clock").GetProperty("status").GetString());
    }
}
