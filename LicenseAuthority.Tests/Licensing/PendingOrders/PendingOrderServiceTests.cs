using System.Net;
using System.Text.Json;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.PendingOrders;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Licensing.PendingOrders;

/// <summary>
/// Orders of which the marketplace says only that there are, from their instance id to their license, whatever comes in between. The background's attempts are
/// made by the test: the clock stands still, and what is to be long ago is written so.
/// </summary>
[OnEveryDatabase]
internal sealed class PendingOrderServiceTests
{
    private readonly ScriptedOrders _orders = new();
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _app = await StartAsync(_orders);

        // From here on the clock is in no doubt.
        _app.Time.Advance(LicenseAuthorityApplication.HoldFor);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TearDown]
    public void ForgetScript()
    {
        (_orders.Remedy, _orders.Before) = (null, null);

        // What a test left pending must not be tried in another one.
        _app.Change("UPDATE pending_orders SET next_attempt_at = NULL, ended_as = 'released' WHERE ended_as IS NULL");
    }

    // ---- known at once

    [TestCase(false)]
    [TestCase(true)]
    public async Task Open_OrderIsKnown_LicenseHasTheAllottedId(bool trial)
    {
        var expiresAt = _app.Time.GetUtcNow().AddDays(30);
        var key = NewKey();
        _orders.Answer(key.OrderId, ScriptedOrders.Bought(quantity: 7, expiresAt: expiresAt, trial: trial));

        var opened = await OpenAsync(key);

        var license = await _app.Admin.ShowAsync(opened.InstanceId!);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(opened.Status, Is.EqualTo(OpenedOrderStatus.Served));
            Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(7));
            Assert.That(license.GetProperty("trial").GetBoolean(), Is.EqualTo(trial));
            Assert.That(license.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(expiresAt));
            Assert.That(await PendingIdsAsync(), Does.Not.Contain(opened.InstanceId));
        }
    }

    [Test]
    public async Task Open_ServedBefore_SameIdAndTheMarketplaceIsNotAsked()
    {
        var key = NewKey();
        _orders.Answer(key.OrderId, ScriptedOrders.Bought());
        var first = await OpenAsync(key);
        var asked = _orders.Asked;

        var again = await OpenAsync(key);

        Assert.That(again, Is.EqualTo(first));
        Assert.That(_orders.Asked, Is.EqualTo(asked));
    }

    [Test]
    public async Task Open_ManyAtOnce_OneIdAndOneLicense()
    {
        var key = NewKey();
        _orders.Answer(key.OrderId, ScriptedOrders.Bought());

        var opened = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => OpenAsync(key))));

        Assert.That(opened.Distinct().ToList(), Has.Count.EqualTo(1));
        Assert.That(_app.Query($"SELECT count(*) FROM orders WHERE order_id = '{key.OrderId}'"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task Open_AnotherAccountLineOrTest_IsAnotherOrder()
    {
        var key = NewKey();
        PendingOrderKey[] keys = [key, key with { Account = "other" }, key with { OrderLineId = "2" }, key with { Test = true }];

        var ids = await Task.WhenAll(keys.Select(async each => (await OpenAsync(each)).InstanceId));

        Assert.That(ids, Is.Unique);
    }

    [Test]
    public async Task Open_SomethingCouldNotBeRead_ServedWithAWarningAndARemark()
    {
        var key = NewKey();
        _orders.Answer(key.OrderId, ScriptedOrders.Bought(remark: "its quantity could not be read"));

        var opened = await OpenAsync(key);

        var issued = (await _app.Admin.ListAsync($"licenses/{opened.InstanceId}/events")).Single();
        Assert.That(issued.GetProperty("remark").GetString(), Is.EqualTo("its quantity could not be read"));
        Assert.That(LinesOf(key, LogLevel.Warning).Single(), Does.Contain("its quantity could not be read"));
    }

    // ---- not known yet

    [Test]
    public async Task Open_NoAnswer_PendingWithWhyAndServedByTheBackground()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        var again = await OpenAsync(key);
        var shown = await _app.Admin.GetAsync("licenses/" + opened.InstanceId);
        var item = (await PendingAsync()).Single(one => one.GetProperty("instanceId").GetString() == opened.InstanceId);
        var now = _app.Time.GetUtcNow();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(opened.Status, Is.EqualTo(OpenedOrderStatus.Pending));
            Assert.That(again, Is.EqualTo(opened));
            Assert.That(shown.Status, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(shown.Code, Is.EqualTo("license-pending"));
            Assert.That(shown.Detail, Does.Contain("nobody answered"));
            Assert.That(shown.Json.GetProperty("since").GetDateTimeOffset(), Is.EqualTo(now).Within(TimeSpan.FromMilliseconds(1)));
            Assert.That(item.GetProperty("account").GetString(), Is.EqualTo("default"));
            Assert.That(item.GetProperty("test").GetBoolean(), Is.False);
            Assert.That(item.GetProperty("orderId").GetString(), Is.EqualTo(key.OrderId));
            Assert.That(item.GetProperty("orderLineId").GetString(), Is.EqualTo(key.OrderLineId));
            Assert.That(item.GetProperty("attempts").GetInt32(), Is.EqualTo(2));
            Assert.That(item.GetProperty("nextAttemptAt").GetDateTimeOffset() - now, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(5)));
            Assert.That(item.GetProperty("lastError").GetString(), Is.EqualTo("nobody answered"));
        }

        await TryDueAsync();
        Assert.That(await AttemptsAsync(opened), Is.EqualTo(2), "it is not due");
        MakeDue(opened);
        await TryDueAsync();
        Assert.That(await AttemptsAsync(opened), Is.EqualTo(3));
        _orders.Answer(key.OrderId, ScriptedOrders.Bought());
        MakeDue(opened);
        await TryDueAsync();

        Assert.That((await _app.Admin.ShowAsync(opened.InstanceId!)).GetProperty("state").GetString(), Is.EqualTo("Active"));
        Assert.That(await PendingIdsAsync(), Does.Not.Contain(opened.InstanceId));
        Assert.That((await OpenAsync(key)).Status, Is.EqualTo(OpenedOrderStatus.Served));
    }

    [Test]
    public async Task Background_OrderIsBeingLookedUp_NobodyElseTakesIt()
    {
        var opened = await OpenAsync(NewKey());
        MakeDue(opened);
        var answers = new TaskCompletionSource();
        _orders.Before = _ => answers.Task;

        var first = await Service.BeginDueAsync(8, CancellationToken.None);
        var second = await Service.BeginDueAsync(8, CancellationToken.None);
        answers.SetResult();
        await Task.WhenAll(first);

        Assert.That(first, Has.Count.EqualTo(1));
        Assert.That(second, Is.Empty);
    }

    // All accounts shared the places: one whose marketplace hung kept the others' orders waiting for minutes.
    [Test]
    public async Task Background_MarketplaceOfAnAccountHangs_OrdersOfTheOthersAreLookedUp()
    {
        var hang = new TaskCompletionSource();
        List<OpenedOrder> hanging = [];
        for (var i = 0; i < 3; i++)
        {
            hanging.Add(await OpenAsync(NewKey()));
            MakeDue(hanging[^1]);
        }

        var key = NewKey() with { Account = "shop" };
        var other = await OpenAsync(key);
        _app.Change($"UPDATE pending_orders SET next_attempt_at = {Millis(_app.Time.GetUtcNow())} WHERE instance_id = '{other.InstanceId}'");
        _app.Change("UPDATE pending_orders SET next_attempt_at = next_attempt_at - 1000 WHERE account = 'default' AND ended_as IS NULL");
        _orders.Before = asked => asked.Account == "shop" ? Task.CompletedTask : hang.Task;

        var first = await Service.BeginDueAsync(2, CancellationToken.None);
        var second = await Service.BeginDueAsync(2, CancellationToken.None);
        var third = await Service.BeginDueAsync(2, CancellationToken.None);
        await Task.WhenAll(second);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Has.Count.EqualTo(2));
            Assert.That(second, Has.Count.EqualTo(1), "the other account's, whose turn comes after them all");
            Assert.That(await AttemptsAsync(other), Is.EqualTo(2));
            Assert.That(third, Is.Empty, "the share of the hanging one is used up");
        }

        hang.SetResult();
        await Task.WhenAll(first);
        await Task.WhenAll(await Service.BeginDueAsync(2, CancellationToken.None));
        foreach (var opened in hanging)
        {
            Assert.That(await AttemptsAsync(opened), Is.EqualTo(2), "and is free again");
        }
    }

    [Test]
    public async Task Open_WhileTheBackgroundLooksItUp_LeavesItItsClaimAndIsCounted()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        MakeDue(opened);
        var (asking, answers) = (new TaskCompletionSource(), new TaskCompletionSource());
        _orders.Before = _ =>
        {
            _orders.Before = null;
            asking.SetResult();
            return answers.Task;
        };
        var first = await Service.BeginDueAsync(8, CancellationToken.None);
        await asking.Task.WaitAsync(Patience.Length);

        await OpenAsync(key);
        MakeDue(opened);
        var second = await Service.BeginDueAsync(8, CancellationToken.None);
        answers.SetResult();
        await Task.WhenAll(first);

        Assert.That(first, Has.Count.EqualTo(1));
        Assert.That(second, Is.Empty, "the first one is still asking");
        Assert.That(await AttemptsAsync(opened), Is.EqualTo(3));
        Assert.That(
            _app.Query($"SELECT claimed_until FROM pending_orders WHERE instance_id = '{opened.InstanceId}'"), Is.EqualTo(new object[] { DBNull.Value }));
    }

    [Test]
    public async Task Background_ProcessWasKilledMeanwhile_GoesOnWhenTheClaimIsOver()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        MakeDue(opened);
        _app.Change($"UPDATE pending_orders SET claimed_until = {Millis(_app.Time.GetUtcNow().AddSeconds(1))} WHERE instance_id = '{opened.InstanceId}'");
        await TryDueAsync();
        Assert.That(await AttemptsAsync(opened), Is.EqualTo(1), "another process has it");

        _app.Change($"UPDATE pending_orders SET claimed_until = {Millis(_app.Time.GetUtcNow())} WHERE instance_id = '{opened.InstanceId}'");
        await TryDueAsync();

        Assert.That(await AttemptsAsync(opened), Is.EqualTo(2));
    }

    [Test]
    public async Task Background_ServiceStops_GivesTheOrderBack()
    {
        var opened = await OpenAsync(NewKey());
        MakeDue(opened);
        _orders.Before = static _ => new TaskCompletionSource().Task;
        using var stop = new CancellationTokenSource();

        var lookUps = await Service.BeginDueAsync(8, stop.Token);
        await stop.CancelAsync();
        await Task.WhenAll(lookUps);

        Assert.That(_app.Query($"SELECT attempts FROM pending_orders WHERE instance_id = '{opened.InstanceId}' AND claimed_until IS NULL"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task Background_ClockWasFarAheadWhenItFailed_IsTriedAllTheSame()
    {
        var opened = await OpenAsync(NewKey());
        var ahead = Millis(_app.Time.GetUtcNow().AddDays(30));
        _app.Change($"UPDATE pending_orders SET next_attempt_at = {ahead}, claimed_until = {ahead} WHERE instance_id = '{opened.InstanceId}'");

        await TryDueAsync();

        Assert.That(await AttemptsAsync(opened), Is.EqualTo(2));
    }

    // By a clock that was days ahead it was too old and given up; and what was put off by it waited for those days to pass.
    [Test]
    public async Task Background_ClockWasAheadAndIsSetBack_GoesOnAsIfItHadNotBeen([Values(10, 90, 4400)] int minutes, [Values] bool cameMeanwhile)
    {
        await using var app = await StartAsync(_orders, "Clock:HoldFor=00:00:00");
        var service = app.Services.GetRequiredService<PendingOrderService>();
        var key = NewKey();
        app.Machine.Shift = cameMeanwhile ? TimeSpan.FromMinutes(minutes) : TimeSpan.Zero;
        var opened = await service.OpenAsync(key, "open", nonce: null, CancellationToken.None);
        app.Machine.Shift = TimeSpan.FromMinutes(minutes);
        app.Change("UPDATE pending_orders SET next_attempt_at = 0");
        await TryDueAsync();

        app.Machine.Shift = TimeSpan.Zero;
        await TryDueAsync();

        var pending = (await app.Admin.ListAsync("marketplace/pending")).Single();
        var now = app.Time.GetUtcNow();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(pending.GetProperty("attempts").GetInt32(), Is.EqualTo(3));
            Assert.That(pending.GetProperty("since").GetDateTimeOffset(), Is.EqualTo(now));
            Assert.That(pending.GetProperty("nextAttemptAt").GetDateTimeOffset(), Is.GreaterThan(now).And.LessThanOrEqualTo(now + PendingOrderRules.LongestWait));
        }

        _orders.Answer(key.OrderId, ScriptedOrders.Bought());
        app.Change("UPDATE pending_orders SET next_attempt_at = 0");
        await TryDueAsync();
        Assert.That((await app.Admin.ShowAsync(opened.InstanceId!)).GetProperty("state").GetString(), Is.EqualTo("Active"));

        async Task TryDueAsync() => await Task.WhenAll(await service.BeginDueAsync(8, CancellationToken.None));
    }

    // Another node has looked already, or its clock is a little behind.
    [Test]
    public async Task Background_OrderIsDueSoonOrGivenUp_IsLeftAlone()
    {
        var (soon, old) = (await OpenAsync(NewKey()), await OpenAsync(NewKey()));
        _app.Change($"UPDATE pending_orders SET next_attempt_at = {Millis(_app.Time.GetUtcNow().AddMinutes(2))} WHERE instance_id = '{soon.InstanceId}'");
        _app.Change($"UPDATE pending_orders SET next_attempt_at = NULL WHERE instance_id = '{old.InstanceId}'");
        Age(old, PendingOrderRules.GiveUpAfter);

        await TryDueAsync();

        Assert.That((await AttemptsAsync(soon), await AttemptsAsync(old)), Is.EqualTo((1, 1)));
    }

    // ---- for long

    [Test]
    public async Task Background_HalfAnHour_OneWarningAndHealthIsDegraded()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        Age(opened, TimeSpan.FromMinutes(29));
        MakeDue(opened);
        await TryDueAsync();
        Assert.That(LinesOf(key, LogLevel.Warning), Is.Empty);

        Age(opened, TimeSpan.FromMinutes(1));
        for (var i = 0; i < 2; i++)
        {
            MakeDue(opened);
            await TryDueAsync();
        }

        Assert.That(LinesOf(key, LogLevel.Warning).ToList(), Has.Count.EqualTo(1));
        Assert.That(await HealthAsync(), Does.StartWith("Degraded What was bought").And.Contains("/admin/v1/marketplace/pending"));
    }

    [Test]
    public async Task Background_HalfAnHour_TheWarningSaysWhyItFailedNow()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        _orders.Answer(key.OrderId, new OrderLookUp.Missing("it has no line yet"));
        Age(opened, TimeSpan.FromMinutes(30));
        MakeDue(opened);
        await TryDueAsync();

        Assert.That(LinesOf(key, LogLevel.Warning).Single(), Does.Contain("it has no line yet"));
    }

    [Test]
    public async Task Background_TwoHours_UnservedOnceWithAlarmAndServedLaterClosesIt()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        Age(opened, TimeSpan.FromHours(2));
        for (var i = 0; i < 2; i++)
        {
            MakeDue(opened);
            await TryDueAsync();
        }

        var entry = (await UnservedAsync(key)).Single();
        var next = (await PendingAsync()).Single(one => one.GetProperty("instanceId").GetString() == opened.InstanceId).GetProperty("nextAttemptAt").GetDateTimeOffset();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.GetProperty("instanceId").GetString(), Is.EqualTo(opened.InstanceId));
            Assert.That(entry.GetProperty("licenseId").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(entry.GetProperty("reason").GetString(), Does.Contain("2 hours").And.Contains("nobody answered"));
            Assert.That(LinesOf(key, LogLevel.Error).Single(), Does.StartWith("ALARM: ").And.Contains("Find out why the marketplace's open API").And.Contains("applied"));
            Assert.That(next - _app.Time.GetUtcNow(), Is.EqualTo(TimeSpan.FromHours(1)).Within(TimeSpan.FromMilliseconds(1)));
            Assert.That(await HealthAsync(), Does.StartWith("Degraded An order that was paid for"));
        }

        _orders.Answer(key.OrderId, ScriptedOrders.Bought());
        MakeDue(opened);
        await TryDueAsync();

        var served = (await UnservedAsync(key, "served")).Single();
        Assert.That(served.GetProperty("licenseId").GetString(), Is.EqualTo(opened.InstanceId));
        Assert.That(await UnservedAsync(key), Is.Empty);
    }

    [Test]
    public async Task Background_ThreeDays_NotByItselfAnyMoreButACallServesIt()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        Age(opened, TimeSpan.FromDays(3));
        MakeDue(opened);
        await TryDueAsync();
        var item = (await PendingAsync()).Single(one => one.GetProperty("instanceId").GetString() == opened.InstanceId);
        Assert.That(item.GetProperty("nextAttemptAt").ValueKind, Is.EqualTo(JsonValueKind.Null));

        _orders.Answer(key.OrderId, ScriptedOrders.Bought());

        Assert.That(await OpenAsync(key), Is.EqualTo(new OpenedOrder(OpenedOrderStatus.Served, opened.InstanceId)));
    }

    [Test]
    public async Task Background_TestOrder_AlarmsNobody()
    {
        var key = NewKey() with { Test = true };
        var opened = await OpenAsync(key);
        Age(opened, TimeSpan.FromMinutes(30));
        MakeDue(opened);
        await TryDueAsync();
        Age(opened, TimeSpan.FromHours(2));
        MakeDue(opened);
        await TryDueAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(LinesOf(key, LogLevel.Information).ToList(), Has.Count.EqualTo(2));
            Assert.That(
                _app.Logs.Lines.Where(line => line.Message.Contains(key.OrderId, StringComparison.Ordinal)).Max(line => line.Level),
                Is.EqualTo(LogLevel.Information));
            Assert.That((await _app.Admin.ListAsync("conflicts?kind=unserved&test=true")).Count(one => OrderOf(one) == key.OrderId), Is.EqualTo(1));
        }
    }

    // ---- ended without a license

    [Test]
    public async Task Background_OrderWasTakenBack_EndsItAndWhatWasOpen()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        Age(opened, TimeSpan.FromHours(2));
        MakeDue(opened);
        await TryDueAsync();
        _orders.Answer(key.OrderId, new OrderLookUp.Unsubscribed());
        MakeDue(opened);
        await TryDueAsync();
        var asked = _orders.Asked;

        var again = await OpenAsync(key);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(again, Is.EqualTo(new OpenedOrder(OpenedOrderStatus.Ended, opened.InstanceId)));
            Assert.That(_orders.Asked, Is.EqualTo(asked));
            Assert.That((await _app.Admin.GetAsync("licenses/" + opened.InstanceId)).Code, Is.EqualTo("license-not-found"));
            Assert.That(await PendingIdsAsync(), Does.Not.Contain(opened.InstanceId));
            Assert.That((await UnservedAsync(key, "dismissed")).Single().GetProperty("resolvedBy").GetString(), Is.EqualTo("marketplace"));
        }
    }

    [Test]
    public async Task Background_OrderWasTakenBackAndIsServedMeanwhile_NobodySaysThatItGetsNoLicense()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        _orders.Before = async _ =>
        {
            _orders.Before = null;
            _orders.Answer(key.OrderId, ScriptedOrders.Bought());
            await OpenAsync(key);
            _orders.Answer(key.OrderId, new OrderLookUp.Unsubscribed());
        };
        MakeDue(opened);
        await TryDueAsync();

        Assert.That((await _app.Admin.ShowAsync(opened.InstanceId!)).GetProperty("state").GetString(), Is.EqualTo("Active"));
        Assert.That(LinesOf(key, LogLevel.Information), Has.None.Contains("gets no license"));
    }

    [Test]
    public async Task Release_WhilePending_EndsItAndTheBackgroundServesItNoMore()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        var target = new LicenseTarget(opened.InstanceId!, key.Account);

        var foreign = await Service.FindAsync(target with { Account = "other" }, CancellationToken.None);
        var debug = await Service.FindAsync(target with { SaysTest = true }, CancellationToken.None);
        var released = await ReleaseAsync(opened);
        var twice = await ReleaseAsync(opened);

        _orders.Answer(key.OrderId, ScriptedOrders.Bought());
        MakeDue(opened);
        await TryDueAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((foreign, debug, released, twice), Is.EqualTo(((PendingOrder?)null, (PendingOrder?)null, true, false)));
            Assert.That(await OpenAsync(key), Is.EqualTo(new OpenedOrder(OpenedOrderStatus.Ended, opened.InstanceId)));
            Assert.That((await _app.Admin.GetAsync("licenses/" + opened.InstanceId)).Code, Is.EqualTo("license-not-found"));
            Assert.That(await Service.FindAsync(target, CancellationToken.None), Has.Property(nameof(PendingOrder.End)).EqualTo(PendingOrderEnd.Released));
        }
    }

    [Test]
    public async Task Release_WhileItIsBeingLookedUp_OneOfTheTwoWins()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        _orders.Answer(key.OrderId, ScriptedOrders.Bought());
        _orders.Before = async _ => await ReleaseAsync(opened);
        MakeDue(opened);

        await TryDueAsync();

        Assert.That((await _app.Admin.GetAsync("licenses/" + opened.InstanceId)).Code, Is.EqualTo("license-not-found"));
    }

    [Test]
    public async Task Open_TestOrderWasEndedBefore_BeginsAnew()
    {
        var key = NewKey() with { Test = true };
        var opened = await OpenAsync(key);
        await ReleaseAsync(opened);
        _orders.Answer(key.OrderId, ScriptedOrders.Bought());

        Assert.That(await OpenAsync(key), Is.EqualTo(new OpenedOrder(OpenedOrderStatus.Served, opened.InstanceId)));
    }

    // ---- not sold here

    [Test]
    public async Task Open_ProductIsNotSold_UnservedOnceAndARepeatServesAndClosesIt()
    {
        await using var app = await StartAsync(_orders, LicenseAuthorityApplication.Product(0, "editor", "OFFI-1"));
        var key = NewKey();
        _orders.Answer(key.OrderId, ScriptedOrders.Bought("OFFI-2", quantity: 4));
        var service = app.Services.GetRequiredService<PendingOrderService>();
        var first = await service.OpenAsync(key, "open", nonce: null, CancellationToken.None);
        await service.OpenAsync(key, "open", nonce: null, CancellationToken.None);
        var entry = (await app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        var tried = await app.Admin.PostAsync($"conflicts/{entry.GetProperty("id").GetString()}/apply");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Is.EqualTo(new OpenedOrder(OpenedOrderStatus.NotSold, first.InstanceId) { MarketplaceProductId = "OFFI-2" }));
            Assert.That(entry.GetProperty("instanceId").GetString(), Is.EqualTo(first.InstanceId));
            Assert.That(entry.GetProperty("order").GetProperty("productId").GetString(), Is.EqualTo("OFFI-2"));
            Assert.That(entry.GetProperty("proposal").GetProperty("quantity").GetInt32(), Is.EqualTo(4));
            Assert.That(app.Logs.Lines.Count(line => line.Message.StartsWith("ALARM", StringComparison.Ordinal)), Is.EqualTo(1));
            Assert.That(tried.Status, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That(tried.Code, Is.EqualTo("not-applicable"));
            Assert.That(tried.Detail, Does.Contain("OFFI-2"));
        }

        await app.RestartAsync("Products:0:MarketplaceProductIds:1=OFFI-2");
        var again = await app.Services.GetRequiredService<PendingOrderService>().OpenAsync(key, "open", nonce: null, CancellationToken.None);

        Assert.That(again, Is.EqualTo(new OpenedOrder(OpenedOrderStatus.Served, first.InstanceId)));
        Assert.That((await app.Admin.ListAsync("conflicts?kind=unserved&status=served")).Single().GetProperty("licenseId").GetString(), Is.EqualTo(first.InstanceId));
    }

    [Test]
    public async Task Open_ProductIsNotSoldWhileTheBackgroundHasIt_OpensAnewWhatWasDismissed()
    {
        await using var app = await StartAsync(_orders, LicenseAuthorityApplication.Product(0, "editor", "OFFI-1"));
        var key = NewKey();
        _orders.Answer(key.OrderId, ScriptedOrders.Bought("OFFI-2"));
        var service = app.Services.GetRequiredService<PendingOrderService>();
        await service.OpenAsync(key, "open", nonce: null, CancellationToken.None);
        var id = (await app.Admin.ListAsync("conflicts?kind=unserved")).Single().GetProperty("id").GetString();
        await app.Admin.PostAsync($"conflicts/{id}/dismiss", "the test says so");
        app.Change($"UPDATE pending_orders SET claimed_until = {Millis(app.Time.GetUtcNow().AddSeconds(20))}");

        await service.OpenAsync(key, "open", nonce: null, CancellationToken.None);

        Assert.That(await app.Admin.ListAsync("conflicts?kind=unserved"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Open_ProductIsNotSoldAfterTwoHoursWithoutAnAnswer_TheSameEntryKnowsTheProduct()
    {
        await using var app = await StartAsync(_orders, LicenseAuthorityApplication.Product(0, "editor", "OFFI-1"));
        app.Time.Advance(LicenseAuthorityApplication.HoldFor);
        var key = NewKey();
        var service = app.Services.GetRequiredService<PendingOrderService>();
        var opened = await service.OpenAsync(key, "open", nonce: null, CancellationToken.None);
        app.Change("UPDATE pending_orders SET since = since - 7200000, next_attempt_at = 0");
        await Task.WhenAll(await service.BeginDueAsync(8, CancellationToken.None));
        var unknown = (await app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        _orders.Answer(key.OrderId, ScriptedOrders.Bought("OFFI-2"));

        await service.OpenAsync(key, "open", nonce: null, CancellationToken.None);

        var entry = (await app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(unknown.GetProperty("order").GetProperty("productId").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(entry.GetProperty("id").GetString(), Is.EqualTo(unknown.GetProperty("id").GetString()));
            Assert.That(entry.GetProperty("order").GetProperty("productId").GetString(), Is.EqualTo("OFFI-2"));
            Assert.That(entry.GetProperty("reason").GetString(), Does.Contain("not configured"));
            Assert.That(opened.Status, Is.EqualTo(OpenedOrderStatus.Pending));
        }
    }

    [Test]
    public async Task Apply_UnservedThatIsPending_TriesAgain()
    {
        var key = NewKey();
        var opened = await OpenAsync(key);
        Age(opened, TimeSpan.FromHours(2));
        MakeDue(opened);
        await TryDueAsync();
        var id = (await UnservedAsync(key)).Single().GetProperty("id").GetString();

        var unknown = await _app.Admin.PostAsync($"conflicts/{id}/apply");
        _orders.Answer(key.OrderId, ScriptedOrders.Bought());
        var applied = await _app.Admin.PostAsync($"conflicts/{id}/apply");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(unknown.Status, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That(unknown.Code, Is.EqualTo("not-applicable"));
            Assert.That(unknown.Detail, Does.Contain("nobody answered"));
            Assert.That(applied.Status, Is.EqualTo(HttpStatusCode.OK), applied.ToString());
            Assert.That(applied.Json.GetProperty("status").GetString(), Is.EqualTo("served"));
            Assert.That(applied.Json.GetProperty("resolvedBy").GetString(), Is.EqualTo("admin:bootstrap"));
            Assert.That(applied.Json.GetProperty("licenseId").GetString(), Is.EqualTo(opened.InstanceId));
        }
    }

    // ---- credentials

    [Test]
    public async Task Open_NoCredentials_StoresNothingNamesTheSettingsAndHealthIsDegraded()
    {
        await using var app = await StartAsync(_orders);
        _orders.Remedy = "Set Some:Setting.";
        var service = app.Services.GetRequiredService<PendingOrderService>();

        var opened = await service.OpenAsync(NewKey(), "open", nonce: null, CancellationToken.None);
        await service.OpenAsync(NewKey(), "open", nonce: null, CancellationToken.None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(opened, Is.EqualTo(new OpenedOrder(OpenedOrderStatus.NoCredentials, null)));
            Assert.That(app.Query("SELECT count(*) FROM pending_orders"), Is.EqualTo([0L]));
            Assert.That(app.Logs.Lines.Count(line => line.Level == LogLevel.Error && line.Message.Contains("Set Some:Setting.", StringComparison.Ordinal)), Is.EqualTo(1));
            Assert.That(await HealthAsync(app), Does.StartWith("Degraded These accounts are called and have no credentials (AK/SK) for the open API: default."));
        }
    }

    // The first cause hid the others: who mended it found the next one.
    [Test]
    public async Task Health_SeveralCauses_EachIsNamed()
    {
        await using var app = await StartAsync(_orders, LicenseAuthorityApplication.Product(0, "editor", "OFFI-1"));
        app.Time.Advance(LicenseAuthorityApplication.HoldFor);
        var service = app.Services.GetRequiredService<PendingOrderService>();
        _orders.Remedy = "Set Some:Setting.";
        await service.OpenAsync(NewKey(), "open", nonce: null, CancellationToken.None);
        _orders.Remedy = null;
        app.Services.GetRequiredService<OpenApiCondition>().WasRefused("default", "uploadLicense", "HTTP 403");
        var notSold = NewKey();
        _orders.Answer(notSold.OrderId, ScriptedOrders.Bought("OFFI-2"));
        await service.OpenAsync(notSold, "open", nonce: null, CancellationToken.None);
        var slow = await service.OpenAsync(NewKey(), "open", nonce: null, CancellationToken.None);
        app.Change($"UPDATE pending_orders SET since = since - 1800000 WHERE instance_id = '{slow.InstanceId}'");

        var health = await HealthAsync(app);

        Assert.That(health, Does.StartWith("Degraded ")
            .And.Contains("no credentials (AK/SK) for the open API: default.")
            .And.Contains("refuses the credentials (AK/SK) of: default (uploadLicense).")
            .And.Contains("/admin/v1/conflicts?kind=unserved")
            .And.Contains("/admin/v1/marketplace/pending"));
    }

    // ---- new rounds

    [TestCase(true, 5)]
    [TestCase(false, 3)]
    public async Task Open_TestLicenseIsOver_NewRoundWithTheFactsOfNowOrElseOfTheRoundBefore(bool isKnown, int quantity)
    {
        var key = NewKey() with { Test = true };
        _orders.Answer(key.OrderId, ScriptedOrders.Bought(trial: true));
        var opened = await OpenAsync(key);
        await _app.Admin.PostAsync($"licenses/{opened.InstanceId}/release", "the test says so");
        _orders.Answer(key.OrderId, isKnown ? ScriptedOrders.Bought(product: "OFFI-9", quantity: 5, trial: true) : ScriptedOrders.NoAnswer);

        var again = await OpenAsync(key);

        var license = await _app.Admin.ShowAsync(opened.InstanceId!);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(again, Is.EqualTo(opened));
            Assert.That(license.GetProperty("state").GetString(), Is.EqualTo("Active"));
            Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(quantity));
            Assert.That(license.GetProperty("trial").GetBoolean(), Is.True);
            Assert.That((await OpenAsync(key)).Status, Is.EqualTo(OpenedOrderStatus.Served));
            Assert.That((await _app.Admin.ShowAsync(opened.InstanceId!)).GetProperty("generation").GetInt32(), Is.EqualTo(2), "one round, not two");
        }
    }

    [Test]
    public async Task Open_ThirdRoundWithoutAnAnswer_HasTheFactsOfTheSecond()
    {
        var expiresAt = _app.Time.GetUtcNow().AddDays(30);
        var key = NewKey() with { Test = true };
        _orders.Answer(key.OrderId, ScriptedOrders.Bought(quantity: 3, expiresAt: expiresAt));
        var opened = await OpenAsync(key);
        await _app.Admin.PostAsync($"licenses/{opened.InstanceId}/release", "the test says so");
        _orders.Answer(key.OrderId, ScriptedOrders.Bought(quantity: 5, expiresAt: expiresAt.AddDays(5), trial: true));
        await OpenAsync(key);
        await _app.Admin.PostAsync($"licenses/{opened.InstanceId}/release", "the test says so");
        _orders.Answer(key.OrderId, ScriptedOrders.NoAnswer);

        await OpenAsync(key);

        var license = await _app.Admin.ShowAsync(opened.InstanceId!);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(license.GetProperty("generation").GetInt32(), Is.EqualTo(3));
            Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(5));
            Assert.That(license.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(expiresAt.AddDays(5)));
            Assert.That(license.GetProperty("trial").GetBoolean(), Is.True);
        }
    }

    private PendingOrderService Service => _app.Services.GetRequiredService<PendingOrderService>();

    // Without the job, whose first look on a busy machine may come when a test has made an order due.
    private static async Task<LicenseAuthorityApplication> StartAsync(ScriptedOrders orders, params string[] settings)
    {
        var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", .. settings], builder => builder.Services.Replace(ServiceDescriptor.Singleton<IOrderSource>(orders)));
        await app.Services.GetRequiredService<PendingOrderJob>().StopAsync(CancellationToken.None);
        return app;
    }

    private static PendingOrderKey NewKey()
    {
        var order = SoldLicense.NewOrderId();
        return new PendingOrderKey("default", Test: false, order, order + "-000001");
    }

    private Task<OpenedOrder> OpenAsync(PendingOrderKey key) => Service.OpenAsync(key, "open", nonce: null, CancellationToken.None);

    private async Task<bool> ReleaseAsync(OpenedOrder opened) => await Service.ReleaseAsync(
        (await Service.FindAsync(new LicenseTarget(opened.InstanceId!), CancellationToken.None))!, nonce: null, CancellationToken.None);

    private async Task TryDueAsync() => await Task.WhenAll(await Service.BeginDueAsync(8, CancellationToken.None));

    private void MakeDue(OpenedOrder opened) =>
        _app.Change($"UPDATE pending_orders SET next_attempt_at = {Millis(_app.Time.GetUtcNow())} WHERE instance_id = '{opened.InstanceId}' AND ended_as IS NULL");

    private void Age(OpenedOrder opened, TimeSpan by) =>
        _app.Change($"UPDATE pending_orders SET since = since - {(long)by.TotalMilliseconds} WHERE instance_id = '{opened.InstanceId}'");

    private static long Millis(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds();

    private Task<List<JsonElement>> PendingAsync() => _app.Admin.ListAsync("marketplace/pending?limit=3");

    private async Task<List<string?>> PendingIdsAsync() => (await PendingAsync()).ConvertAll(one => one.GetProperty("instanceId").GetString());

    private async Task<int> AttemptsAsync(OpenedOrder opened) =>
        (await PendingAsync()).Single(one => one.GetProperty("instanceId").GetString() == opened.InstanceId).GetProperty("attempts").GetInt32();

    private async Task<List<JsonElement>> UnservedAsync(PendingOrderKey key, string status = "open") =>
        (await _app.Admin.ListAsync($"conflicts?kind=unserved&status={status}")).FindAll(one => OrderOf(one) == key.OrderId);

    private static string? OrderOf(JsonElement conflict) => conflict.GetProperty("source").GetProperty("orderId").GetString();

    private IEnumerable<string> LinesOf(PendingOrderKey key, LogLevel level) =>
        _app.Logs.Lines.Where(line => line.Level == level && line.Message.Contains(key.OrderId, StringComparison.Ordinal)).Select(line => line.Message);

    private Task<string> HealthAsync() => HealthAsync(_app);

    // Not as it is shown at the door: what was found is shown for a while there.
    private static async Task<string> HealthAsync(LicenseAuthorityApplication app)
    {
        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(static check => check.Name == "marketplace");
        var check = report.Entries.Single().Value;
        return $"{check.Status} {check.Description}";
    }
}
