using System.Diagnostics.Metrics;
using System.Text.Json;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Marketplaces.Watch;
using LicenseAuthority.Stores;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Tests.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;

namespace LicenseAuthority.Tests.Marketplaces.Watch;

/// <summary>Orders that fail, over real sockets: which ones count, for how long, and who is told.</summary>
[OnEveryDatabase]
internal sealed class FailedOrderTests
{
    private static readonly string[] Settings = ["Expiry:Enabled=false", "Outbox:Enabled=false"];

    private const string Product = "\"OFFI000000000000000001\"";

    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await StartAsync();

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Order_Refused_IsFailingThenFailedThenRecovered()
    {
        await FailAsync("CS1");
        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense failing 1 000002"]));

        _app.Time.Advance(TimeSpan.FromHours(1));
        await FailAsync("CS1");
        _app.Time.Advance(TimeSpan.FromHours(2) - TimeSpan.FromMilliseconds(1));
        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense failing 2 000002"]));

        _app.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense failed 2 000002"]));

        await BuyAsync("CS1");
        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense recovered 2 000002"]));
    }

    [Test]
    public async Task Order_Refused_IsShownWithAllThatIsKnown()
    {
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", "0"));
        _app.Time.Advance(TimeSpan.FromMinutes(1));
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", "-1"));

        var watch = await _app.WatchAsync();

        Assert.That(watch.GetRawText(), Is.EqualTo(
            """
            {"month":"2026-06","limit":5,"items":[{"account":"default","productId":"OFFI000000000000000001","product":"demo-product","failing":1,"failed":0,"recovered":0,"orders":[
            {"orderId":"CS1","orderLineId":null,"activity":"getLicense","status":"failing","firstAt":"2026-06-01T00:00:00Z","lastAt":"2026-06-01T00:01:00Z","attempts":2,
            "resultCode":"000002","resultMsg":"the parameter amount must be a whole number from 1 to 9999999",
            "customer":{"id":"c0ffee00c0ffee00c0ffee00c0ffee00","name":"Example Company"}}]}],"restart":[],"slow":[],"dialTests":[],"refused":0}
            """.ReplaceLineEndings("")));
    }

    [Test]
    public async Task Order_OfATest_NeverCounts()
    {
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", "0").With("testFlag", "1"));

        Assert.That(await _app.FailedOrdersAsync(), Is.Empty);
        Assert.That(await MonthsAsync(), Is.Empty);
    }

    [Test]
    public async Task Order_NotAuthenticated_NeverCounts()
    {
        await _app.CallerWith("another key").SendRawAsync(
            _app.CallerWith("another key").SignedQuery(GetLicenseCall.For("CS1").With("amount", "0").Parameters), LicenseAuthorityApplication.DemoAccessKey);

        Assert.That(await _app.FailedOrdersAsync(), Is.Empty);
    }

    [Test]
    public async Task Order_ServedBefore_TakesNoHarmFromARefusedRepeat()
    {
        await BuyAsync("CS1");
        _app.Time.Advance(TimeSpan.FromDays(1));
        await FailAsync("CS1");

        Assert.That(await _app.FailedOrdersAsync(), Is.Empty);
    }

    [Test]
    public async Task Order_ServedInTheSameBatch_IsRecovered()
    {
        await FailAsync("CS1");
        await BuyAsync("CS1");

        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense recovered 1 000002"]));
    }

    [Test]
    public async Task Order_WithoutAnIdThatCanBeRead_CountsOnceAMonth()
    {
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").Without("orderId"));
        await _app.Marketplace.SendAsync(GetLicenseCall.For(new string('x', 65)));
        _app.Time.Advance(TimeSpan.FromDays(31));
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").Without("orderId"));

        Assert.That(await _app.FailedOrdersAsync("?month=2026-06"), Is.EqualTo(["OFFI000000000000000001:  getLicense failed 2 000002"]));
        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001:  getLicense failing 1 000002"]));
    }

    [Test]
    public async Task Order_OfTheLastHoursOfAMonthInChina_CountsInTheNextMonth()
    {
        _app.Time.Advance(new DateTimeOffset(2026, 6, 30, 15, 59, 59, TimeSpan.Zero) - _app.Time.GetUtcNow());
        await FailAsync("CS1");
        _app.Time.Advance(TimeSpan.FromSeconds(1));
        await FailAsync("CS1");
        await FailAsync("CS2");

        Assert.That(await _app.FailedOrdersAsync("?month=2026-06"), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense failing 2 000002"]));
        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS2 getLicense failing 1 000002"]));
    }

    // The marketplace gave up after 5 s: it has no license, and we have.
    [Test]
    public async Task Order_AnsweredLate_FailsUntilAnAnswerArrives()
    {
        await _app.DisposeAsync();
        (_app, var signer) = await SlowSigner.StartAsync(Settings);
        signer.Takes = TimeSpan.FromSeconds(6);
        await BuyAsync("CS1");
        signer.Takes = TimeSpan.Zero;

        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense failing 1 000000"]));
        Assert.That(
            (await _app.WatchAsync()).GetProperty("items")[0].GetProperty("orders")[0].GetProperty("resultMsg").GetString(),
            Is.EqualTo("the answer took 6.0 s, and the marketplace had given up: success."));
        Assert.That((await _app.WatchAsync()).GetProperty("slow").GetRawText(), Is.EqualTo("""[{"activity":"getLicense","calls":1,"slowestMs":6000}]"""));

        await BuyAsync("CS1");
        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense recovered 1 000000"]));
    }

    [Test]
    public async Task Order_AnsweredSlowlyButInTime_IsSlowAndHasNotFailed()
    {
        await _app.DisposeAsync();
        (_app, var signer) = await SlowSigner.StartAsync(Settings);
        foreach (var (order, takes) in new[] { ("CS1", 3000), ("CS2", 3001), ("CS3", 5000) })
        {
            signer.Takes = TimeSpan.FromMilliseconds(takes);
            await _app.Marketplace.SendAsync(GetLicenseCall.For(order));
        }

        Assert.That(await _app.FailedOrdersAsync(), Is.Empty);
        Assert.That((await _app.WatchAsync()).GetProperty("slow").GetRawText(), Is.EqualTo("""[{"activity":"getLicense","calls":2,"slowestMs":5000}]"""));
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Order_CallerHasGone_FailsUntilAnAnswerArrives()
    {
        await _app.DisposeAsync();
        (_app, var signer) = await SlowSigner.StartAsync(Settings);
        signer.HoldsUntilTheCallerHasGone = true;
        using (var cancellation = new CancellationTokenSource())
        {
            var call = _app.Client.GetAsync($"{MarketplaceCaller.Path}?{_app.Marketplace.SignedQuery(GetLicenseCall.For("CS1").Parameters)}", cancellation.Token);
            await signer.Holding;
            await cancellation.CancelAsync();
            await Assert.ThatAsync(() => call, Throws.InstanceOf<OperationCanceledException>());
        }

        // The order is stored behind the back of who has gone.
        List<string> failed;
        while ((failed = await _app.FailedOrdersAsync()).Count == 0)
        {
            TestContext.CurrentContext.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.That(failed, Is.EqualTo(["OFFI000000000000000001: CS1 getLicense failing 1 000000"]));
        await BuyAsync("CS1");
        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense recovered 1 000000"]));
    }

    [Test]
    public async Task Store_IsAway_IsCountedAllTheSame()
    {
        await _app.DisposeAsync();
        var store = new StubbornWatchStore();
        _app = await StartAsync(store);
        store.Refuses = static () => new StoreBusyException("on purpose");
        await FailAsync("CS1");
        Assert.That(() => _app.Watch.FlushAsync(default), Throws.InstanceOf<StoreBusyException>());
        await FailAsync("CS1");
        await FailAsync("CS2");
        Assert.That(() => _app.Watch.FlushAsync(default), Throws.InstanceOf<StoreBusyException>());
        _app.Time.Advance(TimeSpan.FromMinutes(5));
        await BuyAsync("CS2");
        store.Refuses = null;

        Assert.That(await _app.FailedOrdersAsync(), Is.EquivalentTo(
            ["OFFI000000000000000001: CS1 getLicense failing 2 000002", "OFFI000000000000000001: CS2 getLicense recovered 1 000002"]));
        Assert.That(_app.Query("SELECT first_at FROM watch_orders"), Has.All.EqualTo(LicenseAuthorityApplication.Now.ToUnixTimeMilliseconds()));
    }

    // A process that was killed within half a second of its answer had forgotten the order.
    [Test]
    public async Task Order_Refused_IsWrittenDownBeforeItIsAnswered()
    {
        await FailAsync("CS1");

        Assert.That(_app.Query("SELECT order_id FROM watch_orders"), Is.EqualTo(["CS1"]));
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Order_RefusedWhileTheStoreIsSlow_IsAnsweredAndWrittenLater()
    {
        await _app.DisposeAsync();
        var store = new StubbornWatchStore();
        _app = await StartAsync(store);
        var slow = new TaskCompletionSource();
        store.Waits = slow.Task;
        var call = FailAsync("CS1");
        while (!call.IsCompleted)
        {
            TestContext.CurrentContext.CancellationToken.ThrowIfCancellationRequested();
            _app.Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        Assert.That(_app.Query("SELECT order_id FROM watch_orders"), Is.Empty);
        slow.SetResult();

        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense failing 1 000002"]));
    }

    [Test]
    public async Task Service_Stops_WhatItSawIsWritten()
    {
        await FailAsync("CS1");
        await _app.RestartAsync();

        Assert.That(await _app.FailedOrdersAsync(), Is.EqualTo(["OFFI000000000000000001: CS1 getLicense failing 1 000002"]));
    }

    // Nobody asks it to, and an outage does not end it.
    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Watch_WritesByItself_AlsoAfterAnOutage()
    {
        await _app.DisposeAsync();
        var store = new StubbornWatchStore { Refuses = static () => new StoreBusyException("on purpose") };
        _app = await StartAsync(store);
        await _app.Watch.StartAsync(CancellationToken.None);
        await FailAsync("CS1");
        while (!_app.Logs.Lines.Any(static line => line.Message.Contains("could not be stored, tried again each second", StringComparison.Ordinal)))
        {
            TestContext.CurrentContext.CancellationToken.ThrowIfCancellationRequested();
            _app.Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        store.Refuses = null;
        while (_app.Query("SELECT order_id FROM watch_orders").Count == 0)
        {
            TestContext.CurrentContext.CancellationToken.ThrowIfCancellationRequested();
            _app.Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        Assert.That(_app.Query("SELECT order_id FROM watch_orders"), Is.EqualTo(["CS1"]));
    }

    // Where another node has served what failed here, and where it knows of it only from the store.
    [Test]
    public async Task Nodes_AddUp_AndOneServesWhatAnotherSawFail()
    {
        using var other = NodeOf(_app);
        await FailAsync("CS1");
        await FailAsync("CS2");
        await _app.WriteWatchAsync();
        other.Record(Failed("CS1") with { At = _app.Time.GetUtcNow().AddMinutes(2), Elapsed = TimeSpan.FromSeconds(4) });
        other.Record(Failed("CS3"));
        await other.RefreshAsync(default);
        other.Record(Failed("CS2") with { Id = "call_9", Ending = CallEnding.Done, ResultCode = "000000" });
        other.RecordRefused("default");
        await other.FlushAsync(default);
        _app.Watch.RecordRefused("default");

        Assert.That(await _app.FailedOrdersAsync(), Is.EquivalentTo(
        [
            "OFFI000000000000000001: CS1 getLicense failing 2 000002",
            "OFFI000000000000000001: CS2 getLicense recovered 1 000002",
            "OFFI000000000000000001: CS3 getLicense failing 1 000002",
        ]));
        Assert.That((await _app.WatchAsync()).GetProperty("refused").GetInt64(), Is.EqualTo(2));
        Assert.That((await _app.WatchAsync()).GetProperty("slow").GetRawText(), Is.EqualTo("""[{"activity":"getLicense","calls":1,"slowestMs":4000}]"""));
    }

    [Test]
    public async Task News_WrittenTwice_CountsOnce()
    {
        using var other = NodeOf(_app);
        other.RecordRefused("default");
        await other.FlushAsync(default);
        other.RecordRefused("default");
        await other.FlushAsync(default);

        Assert.That((await _app.WatchAsync()).GetProperty("refused").GetInt64(), Is.EqualTo(2), "a total of two, and not one and two");
    }

    [Test]
    public async Task Months_ListEachProduct_NewestFirst()
    {
        await FailAsync("CS1");
        await FailAsync("CS2");
        await BuyAsync("CS2");
        _app.Time.Advance(TimeSpan.FromDays(31));
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS3").With("productId", "OFFI2").With("amount", "0"));
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS4").With("productId", "OFFI3").With("amount", "0"));
        _app.Time.Advance(TimeSpan.FromHours(3));

        Assert.That(await MonthsAsync("?limit=1"), Is.EqualTo(
        [
            """{"month":"2026-07","account":"default","productId":"OFFI2","failed":1,"recovered":0}""",
            """{"month":"2026-07","account":"default","productId":"OFFI3","failed":1,"recovered":0}""",
            $$"""{"month":"2026-06","account":"default","productId":{{Product}},"failed":1,"recovered":1}""",
        ]));
    }

    [TestCase("month=2026-13")]
    [TestCase("month=2026-00")]
    [TestCase("month=June")]
    [TestCase("month=2026-06-01")]
    [TestCase("month=2026-06&month=2026-07")]
    [TestCase("year=2026")]
    public async Task Watch_BadMonth_400(string query)
    {
        var reply = await _app.Admin.GetAsync("marketplace/watch?" + query);

        Assert.That($"{(int)reply.Status} {reply.Code}", Is.EqualTo("400 bad-query"));
    }

    [Test]
    public async Task Watch_OfAnEmptyMonth_IsEmpty() => Assert.That(
        (await _app.WatchAsync("?month=2025-01")).GetRawText(),
        Is.EqualTo("""{"month":"2025-01","limit":5,"items":[],"restart":[],"slow":[],"dialTests":[],"refused":0}"""));

    [Test]
    public async Task Health_YellowWhileOneIsFailing_AndFromThreeOnForTheMonth()
    {
        async Task<string> HealthAsync()
        {
            await _app.WriteWatchAsync();

            // An order that was refused makes it yellow by itself, until it is served or an operator has decided; that is another matter.
            foreach (var conflict in await _app.Admin.ListIdsAsync("conflicts?status=open"))
            {
                await _app.Admin.PostAsync($"conflicts/{conflict}/dismiss");
            }

            _app.Time.Advance(TimeSpan.FromSeconds(2));
            var report = JsonElement.Parse(await _app.Client.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));
            var entry = report.GetProperty("checks").GetProperty("marketplace");
            return $"{entry.GetProperty("status")}: {entry.GetProperty("description")}";
        }

        Assert.That(await HealthAsync(), Is.EqualTo("Healthy: No order waits to be served."));
        await FailAsync("CS1");
        Assert.That(await HealthAsync(), Does.StartWith("Degraded: An order fails"));
        _app.Time.Advance(TimeSpan.FromHours(3));
        Assert.That(await HealthAsync(), Does.StartWith("Healthy"), "it has failed, nobody can save it any more");
        await FailAsync("CS2");
        await FailAsync("CS3");
        _app.Time.Advance(TimeSpan.FromHours(3));
        Assert.That(await HealthAsync(), Is.EqualTo(
            "Degraded: 3 orders of one product have failed in this month, and more than 5 delist it; /admin/v1/marketplace/watch says which."));
        await BuyAsync("CS2");
        Assert.That(await HealthAsync(), Does.StartWith("Healthy"));
        await FailAsync("CS4");
        _app.Time.Advance(TimeSpan.FromDays(30));
        Assert.That(await HealthAsync(), Does.StartWith("Healthy"), "another month");
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Gauge_ShowsTheOrdersOfEachProduct()
    {
        using var measurements = new Measurements(_app.Services.GetRequiredService<IMeterFactory>());
        await FailAsync("CS1");
        await FailAsync("CS2");
        await BuyAsync("CS2");
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS3").With("productId", "OFFI2").With("amount", "0"));
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS4").With("productId", "OFFI2").With("amount", "0"));
        await _app.WriteWatchAsync();

        // Read every ten seconds, and nobody waits for it.
        _app.Time.Advance(TimeSpan.FromSeconds(11));
        IReadOnlyList<string> shown;
        while ((shown = measurements.ObserveAll("license_authority.marketplace.failed_orders")).Count < 2)
        {
            TestContext.CurrentContext.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.That(shown, Is.EqualTo(["default OFFI000000000000000001: 1", "default OFFI2: 2"]));
    }

    [Test]
    public async Task Old_IsDeletedAfterTwoYears_OnceTheClockIsInNoDoubt()
    {
        await FailAsync("CS1");
        await _app.CallerWith("another key").SendRawAsync(
            _app.CallerWith("another key").SignedQuery(GetLicenseCall.For("CS9").Parameters), LicenseAuthorityApplication.DemoAccessKey);
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS8").With("testFlag", "1"));
        await _app.Marketplace.SendAsync(InstanceCall.Release("lic_none", "CS7"));
        await _app.WriteWatchAsync();
        _app.Time.Advance(LicenseAuthorityApplication.HoldFor);
        _app.Time.SetUtcNow(new DateTimeOffset(2028, 5, 31, 15, 59, 59, TimeSpan.Zero));
        await FailAsync("CS2");
        Assert.That(await MonthsAsync(), Has.Count.EqualTo(2), "June 2026 is the twenty-fourth month");

        _app.Time.SetUtcNow(new DateTimeOffset(2028, 5, 31, 16, 0, 0, TimeSpan.Zero));
        await _app.WriteWatchAsync();

        Assert.That(_app.Query("SELECT order_id FROM watch_orders"), Is.EqualTo(["CS2"]));
        Assert.That(_app.Query("SELECT month FROM watch_counts"), Is.Empty);
        Assert.That(_app.Query("SELECT day FROM watch_tests"), Is.Empty);
        Assert.That(_app.Query("SELECT order_id FROM watch_restarts"), Does.Not.Contain("CS7"));
        Assert.That(_app.Query("SELECT month FROM watch_alarms"), Is.EqualTo(["2028-05"]));
    }

    private static Task<LicenseAuthorityApplication> StartAsync(StubbornWatchStore? store = null) => LicenseAuthorityApplication.StartAsync(
        Settings,
        builder =>
        {
            if (store is not null)
            {
                builder.Services.Replace(ServiceDescriptor.Singleton<IWatchStore>(provider =>
                {
                    store.Inner = ActivatorUtilities.CreateInstance<WatchStore>(provider);
                    return store;
                }));
            }
        });

    private static MarketplaceWatch NodeOf(LicenseAuthorityApplication app) => new(
        app.Services.GetRequiredService<IWatchStore>(), app.Services.GetRequiredService<WatchAlarms>(), app.Services.GetRequiredService<WatchPolicy>(),
        NodeName.Create(), app.Time, NullLogger<MarketplaceWatch>.Instance);

    private static WatchedCall Failed(string order) => new()
    {
        Id = "call_8",
        At = LicenseAuthorityApplication.Now,
        Account = "default",
        Habit = MarketplaceHabits.Find("getLicense")!,
        Ending = CallEnding.Failed,
        OrderId = order,
        ProductId = "OFFI000000000000000001",
        ResultCode = "000002",
        ResultMsg = "",
        SameCall = order,
    };

    private async Task FailAsync(string order) =>
        Assert.That((await _app.Marketplace.SendAsync(GetLicenseCall.For(order).With("amount", "0"))).ResultCode, Is.EqualTo("000002"));

    private async Task BuyAsync(string order) =>
        Assert.That((await _app.Marketplace.SendAsync(GetLicenseCall.For(order))).ResultCode, Is.EqualTo("000000"));

    private async Task<List<string>> MonthsAsync(string query = "")
    {
        await _app.WriteWatchAsync();
        return [.. (await _app.Admin.ListAsync("marketplace/watch/months" + query)).Select(static month => month.GetRawText())];
    }
}
