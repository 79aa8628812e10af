using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>Two nodes on one database, and one order that nobody knows yet.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class PendingOrderNodesTests
{
    private OpenApiServer _openApi = null!;
    private LicenseAuthorityApplication _one = null!;
    private LicenseAuthorityApplication _other = null!;

    [SetUp]
    public async Task Start()
    {
        _openApi = await OpenApiServer.StartAsync();
        _one = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. _openApi.Settings]);
        _other = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. _openApi.Settings], beside: _one);
        _openApi.Follow(_one.Time);
    }

    [TearDown]
    public async Task Stop()
    {
        await _other.DisposeAsync();
        await _one.DisposeAsync();
        await _openApi.DisposeAsync();
    }

    [Test]
    public async Task NewInstance_OnTwoNodesAtOnce_OneIdAndOneLicense([Values] bool isKnown)
    {
        for (var i = 0; i < 5; i++)
        {
            var order = SoldLicense.NewOrderId();
            if (isKnown)
            {
                _openApi.AddOrder(order, "OFFI0001");
            }

            var replies = await Task.WhenAll(
                new[] { _one, _other, _one, _other }.Select(node => Task.Run(() => node.MarketplaceV2.SendAsync(NewInstance(order)))));

            using (Assert.EnterMultipleScope())
            {
                Assert.That(replies.Select(reply => reply.InstanceId).Distinct().ToList(), Has.Count.EqualTo(1));
                Assert.That(replies.Select(reply => reply.ResultCode), Has.All.EqualTo(isKnown ? "000000" : "000004"));
                Assert.That(_one.Query($"SELECT count(*) FROM orders WHERE order_id = '{order}'"), Is.EqualTo([isKnown ? 1L : 0L]));
            }
        }
    }

    [Test]
    public async Task Background_OrderIsDueOnTwoNodes_OneAsks()
    {
        var orders = Enumerable.Range(0, 6).Select(_ => SoldLicense.NewOrderId()).ToList();
        foreach (var order in orders)
        {
            await _one.MarketplaceV2.SendAsync(NewInstance(order));
            _openApi.AddOrder(order, "OFFI0001");
        }

        var before = _openApi.Calls.Count;
        _one.Change($"UPDATE pending_orders SET next_attempt_at = {_one.Time.GetUtcNow().ToUnixTimeMilliseconds()}");

        await Task.WhenAll(new[] { _one, _other }.Select(node => Task.Run(async () => await Task.WhenAll(
            await node.Services.GetRequiredService<PendingOrderService>().BeginDueAsync(most: 4, CancellationToken.None)))));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_openApi.Calls.Skip(before).Select(call => call.Query["orderId"]), Is.Unique);
            Assert.That(_openApi.Calls, Has.Count.EqualTo(before + orders.Count), "and each was asked for");
            Assert.That(_one.Query("SELECT count(*) FROM licenses"), Is.EqualTo([(long)orders.Count]));
        }
    }

    [Test]
    public async Task Background_NodeDiesWhileItAsks_TheOtherServes()
    {
        var order = SoldLicense.NewOrderId();
        var id = (await _one.MarketplaceV2.SendAsync(NewInstance(order))).InstanceId;
        _openApi.AddOrder(order, "OFFI0001");

        // As a process leaves it that was killed: its claim goes on for a while.
        var now = _one.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _one.Change($"UPDATE pending_orders SET next_attempt_at = {now}, claimed_until = {now + 45_000}, attempts = attempts + 1");
        await _one.StopAsync();
        using var patience = new CancellationTokenSource(Patience.Length);
        while ((long)_other.Query("SELECT count(*) FROM licenses")[0] == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            _other.Time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        Assert.That((await _other.Admin.ShowAsync(id!)).GetProperty("state").GetString(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task NewInstance_SameNonceOnTheOtherNode_SameAnswer()
    {
        var order = SoldLicense.NewOrderId();
        var body = NewInstance(order).Body;
        var nonce = V2Caller.NewNonce();
        var first = await _one.MarketplaceV2.SendAsync(body, nonce);
        _openApi.AddOrder(order, "OFFI0001");

        var again = await _other.MarketplaceV2.SendAsync(body, nonce);

        Assert.That(first.ResultCode, Is.EqualTo("000004"));
        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(_openApi.Calls, Has.Count.EqualTo(1));
    }

    private static V2Call NewInstance(string order) =>
        V2Call.Of("newInstance", ("businessId", Guid.NewGuid().ToString()), ("orderId", order), ("orderLineId", order + "-000001"));
}
