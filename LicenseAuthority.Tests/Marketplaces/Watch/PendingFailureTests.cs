using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Marketplaces.Watch;

/// <summary>Orders of <c>newInstance</c> that fail: at once, or since nobody can say what was bought.</summary>
[OnEveryDatabase]
internal sealed class PendingFailureTests : OpenApiTests
{
    [Test]
    public async Task Order_Pending_IsFailingAfterHalfAnHourAndFailedAfterTwo()
    {
        App.Time.Advance(LicenseAuthorityApplication.HoldFor);
        Assert.That((await OpenAsync("CS1")).ResultCode, Is.EqualTo("000004"));
        App.Time.Advance(PendingOrderRules.WarnAfter - TimeSpan.FromMilliseconds(1));
        Assert.That(await App.FailedOrdersAsync(), Is.Empty);

        App.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(await App.FailedOrdersAsync(), Has.One.StartsWith(": CS1 newInstance failing"));
        Assert.That((await OpenAsync("CS1")).ResultCode, Is.EqualTo("000004"));
        Assert.That(await App.FailedOrdersAsync(), Has.One.EndsWith("000004").And.All.StartsWith(": CS1 newInstance failing"), "a repeat that hears so is no failure more");

        App.Time.Advance(PendingOrderRules.UnservedAfter - PendingOrderRules.WarnAfter);
        Assert.That(await App.FailedOrdersAsync(), Has.One.StartsWith(": CS1 newInstance failed"));
        Assert.That(await App.RestartsAsync(), Is.Empty, "the customer was paid back");
    }

    // No call: the background has it, by itself or since the test says so. The product is known from then on.
    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Order_PendingAndServedInTheBackground_IsRecovered()
    {
        App.Time.Advance(LicenseAuthorityApplication.HoldFor);
        await OpenAsync("CS1");
        App.Time.Advance(TimeSpan.FromMinutes(40));
        Assert.That(await App.FailedOrdersAsync(), Has.One.StartsWith(": CS1 newInstance failing"));

        OpenApi.AddOrder("CS1", "OFFI0001");
        await ServeInTheBackgroundAsync();

        Assert.That(await App.FailedOrdersAsync(), Has.One.StartsWith("OFFI0001: CS1 newInstance recovered"));
    }

    [Test]
    public async Task Order_ServedBeforeHalfAnHour_HasNotFailed()
    {
        App.Time.Advance(LicenseAuthorityApplication.HoldFor);
        await OpenAsync("CS1");
        OpenApi.AddOrder("CS1", "OFFI0001");
        App.Time.Advance(TimeSpan.FromMinutes(20));
        Assert.That((await OpenAsync("CS1")).ResultCode, Is.EqualTo("000000"));
        App.Time.Advance(TimeSpan.FromHours(3));

        Assert.That(await App.FailedOrdersAsync(), Is.Empty);
    }

    [Test]
    public async Task Order_PendingWhileTheClockIsInDoubt_DoesNotCountYet()
    {
        await OpenAsync("CS1");
        App.Time.Advance(LicenseAuthorityApplication.HoldFor);
        App.Machine.Shift = TimeSpan.FromDays(3);
        Assert.That(await App.FailedOrdersAsync(), Is.Empty);
    }

    [Test]
    public async Task Order_Refused_IsRecoveredAsSoonAsItHasItsLicense()
    {
        Assert.That((await App.MarketplaceV2.SendAsync(V2Call.Of("newInstance", ("orderId", "CS1"), ("businessId", "b")))).ResultCode, Is.EqualTo("000002"));
        Assert.That(await App.FailedOrdersAsync(), Is.EqualTo([": CS1 newInstance failing 1 000002"]));

        OpenApi.AddOrder("CS1", "OFFI0001");
        Assert.That((await OpenAsync("CS1")).ResultCode, Is.EqualTo("000000"));

        Assert.That(await App.FailedOrdersAsync(), Is.EqualTo(["OFFI0001: CS1 newInstance recovered 1 000002"]), "the line could not be read, so any of its lines will do");
    }

    // Its call names neither product nor customer, but both were looked up.
    [Test]
    public async Task Order_OfAProductThatIsNotSold_IsShownWithWhatWasLookedUp()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            [.. Settings, .. OpenApi.Settings, .. LicenseAuthorityApplication.Product(0, "editor", "OFFI0001")]);
        OpenApi.AddOrder("CS1", "OFFI-OTHER", customerId: "c-77", customerName: "Example 公司");
        Assert.That((await app.MarketplaceV2.SendAsync(CallFor("CS1"))).ResultCode, Is.EqualTo("000002"));

        Assert.That(await app.FailedOrdersAsync(), Is.EqualTo(["OFFI-OTHER: CS1 newInstance failing 1 000002"]));
        Assert.That(
            (await app.WatchAsync()).GetProperty("items")[0].GetProperty("orders")[0].GetProperty("customer").GetRawText(),
            Is.EqualTo("""{"id":"c-77","name":"Example 公司"}"""));
    }

    // Its call names no product, so it stood under none, though its order was served.
    [Test]
    public async Task Order_AnsweredLate_CountsForTheProductOfItsOrder()
    {
        var (app, signer) = await SlowSigner.StartAsync([.. Settings, .. OpenApi.Settings]);
        await using var late = app;
        OpenApi.Follow(app.Time);
        OpenApi.AddOrder("CS1", "OFFI0001");
        signer.Takes = TimeSpan.FromSeconds(6);
        Assert.That((await app.MarketplaceV2.SendAsync(CallFor("CS1"))).ResultCode, Is.EqualTo("000000"));

        Assert.That(await app.FailedOrdersAsync(), Is.EqualTo(["OFFI0001: CS1 newInstance failing 1 000000"]));
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Order_AnsweredLateAndLookedUpAfterwards_CountsForItsProductFromThenOn()
    {
        OpenApi.Meanwhile = () =>
        {
            // Once: the clock wakes the background, which asks too, and the write of the call would wait while the clock moved again.
            OpenApi.Meanwhile = null;
            App.Time.Advance(TimeSpan.FromSeconds(6));
            return Task.CompletedTask;
        };
        Assert.That((await OpenAsync("CS1")).ResultCode, Is.EqualTo("000004"));
        Assert.That(await App.FailedOrdersAsync(), Is.EqualTo([": CS1 newInstance failing 1 000004"]));

        OpenApi.AddOrder("CS1", "OFFI0001");
        await ServeInTheBackgroundAsync();

        Assert.That(await App.FailedOrdersAsync(), Is.EqualTo(["OFFI0001: CS1 newInstance failing 1 000004"]), "the marketplace has not heard of it");
    }

    [Test]
    public async Task Order_OfATest_NeverCounts()
    {
        App.Time.Advance(LicenseAuthorityApplication.HoldFor);
        await OpenAsync("CS1", test: true);
        App.Time.Advance(TimeSpan.FromHours(3));

        Assert.That(await App.FailedOrdersAsync(), Is.Empty);
        Assert.That((await App.WatchAsync()).GetProperty("dialTests")[0].GetProperty("lastResultCode").GetString(), Is.EqualTo("000004"));
    }

    private async Task ServeInTheBackgroundAsync()
    {
        while (App.Query("SELECT order_id FROM orders").Count == 0)
        {
            TestContext.CurrentContext.CancellationToken.ThrowIfCancellationRequested();
            App.Change($"UPDATE pending_orders SET next_attempt_at = {App.Time.GetUtcNow().ToUnixTimeMilliseconds()}, claimed_until = NULL WHERE ended_as IS NULL");
            await Task.WhenAll(await App.Services.GetRequiredService<PendingOrderService>().BeginDueAsync(10, default));
        }
    }

    private static V2Call CallFor(string order) => V2Call.Of("newInstance", ("orderId", order), ("orderLineId", order + "-000001"), ("businessId", "b"));

    private Task<MarketplaceReply> OpenAsync(string order, bool test = false) =>
        App.MarketplaceV2.SendAsync(test ? CallFor(order).With("testFlag", "1") : CallFor(order));
}
