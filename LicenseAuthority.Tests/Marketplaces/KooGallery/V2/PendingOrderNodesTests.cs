using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>Two nodes on one database, and one order that nobody knows yet.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class PendingOrderNodesTests : TwoNodesTests
{
    [Test]
    public async Task NewInstance_OnTwoNodesAtOnce_OneIdAndOneLicense([Values] bool isKnown)
    {
        for (var i = 0; i < 5; i++)
        {
            var order = SoldLicense.NewOrderId();
            if (isKnown)
            {
                OpenApi.AddOrder(order, "OFFI0001");
            }

            var replies = await Task.WhenAll(
                new[] { One, Other, One, Other }.Select(node => Task.Run(() => node.MarketplaceV2.SendAsync(NewInstance(order)))));

            using (Assert.EnterMultipleScope())
            {
                Assert.That(replies.Select(reply => reply.InstanceId).Distinct().ToList(), Has.Count.EqualTo(1));
                Assert.That(replies.Select(reply => reply.ResultCode), Has.All.EqualTo(isKnown ? "000000" : "000004"));
                Assert.That(One.Query($"SELECT count(*) FROM orders WHERE order_id = '{order}'"), Is.EqualTo([isKnown ? 1L : 0L]));
            }
        }
    }

    [Test]
    public async Task Background_OrderIsDueOnTwoNodes_OneAsks()
    {
        var orders = Enumerable.Range(0, 6).Select(_ => SoldLicense.NewOrderId()).ToList();
        foreach (var order in orders)
        {
            await One.MarketplaceV2.SendAsync(NewInstance(order));
            OpenApi.AddOrder(order, "OFFI0001");
        }

        var before = OpenApi.Calls.Count;
        One.Change($"UPDATE pending_orders SET next_attempt_at = {One.Time.GetUtcNow().ToUnixTimeMilliseconds()}");

        await Task.WhenAll(new[] { One, Other }.Select(node => Task.Run(async () => await Task.WhenAll(
            await node.Services.GetRequiredService<PendingOrderService>().BeginDueAsync(most: 4, CancellationToken.None)))));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(OpenApi.Calls.Skip(before).Select(call => call.Query["orderId"]), Is.Unique);
            Assert.That(OpenApi.Calls, Has.Count.EqualTo(before + orders.Count), "and each was asked for");
            Assert.That(One.Query("SELECT count(*) FROM licenses"), Is.EqualTo([(long)orders.Count]));
        }
    }

    [Test]
    public async Task Background_NodeDiesWhileItAsks_TheOtherServes()
    {
        var order = SoldLicense.NewOrderId();
        var id = (await One.MarketplaceV2.SendAsync(NewInstance(order))).InstanceId;
        OpenApi.AddOrder(order, "OFFI0001");

        // As a process leaves it that was killed: its claim goes on for a while.
        var now = One.Time.GetUtcNow().ToUnixTimeMilliseconds();
        One.Change($"UPDATE pending_orders SET next_attempt_at = {now}, claimed_until = {now + 45_000}, attempts = attempts + 1");
        await One.StopAsync();
        using var patience = new CancellationTokenSource(Patience.Length);
        while ((long)Other.Query("SELECT count(*) FROM licenses")[0] == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            Other.Time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        Assert.That((await Other.Admin.ShowAsync(id!)).GetProperty("state").GetString(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task NewInstance_SameNonceOnTheOtherNode_SameAnswer()
    {
        var order = SoldLicense.NewOrderId();
        var body = NewInstance(order).Body;
        var nonce = V2Caller.NewNonce();
        var first = await One.MarketplaceV2.SendAsync(body, nonce);
        OpenApi.AddOrder(order, "OFFI0001");

        var again = await Other.MarketplaceV2.SendAsync(body, nonce);

        Assert.That(first.ResultCode, Is.EqualTo("000004"));
        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(OpenApi.Calls, Has.Count.EqualTo(1));
    }

    private static V2Call NewInstance(string order) =>
        V2Call.Of("newInstance", ("businessId", Guid.NewGuid().ToString()), ("orderId", order), ("orderLineId", order + "-000001"));
}
