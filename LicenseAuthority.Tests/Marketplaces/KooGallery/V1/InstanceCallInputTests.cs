using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>Wrong calls on an instance: each gets its result code, and nothing at all is stored.</summary>
[OnEveryDatabase]
internal sealed class InstanceCallInputTests
{
    private LicenseAuthorityApplication _app = null!;
    private SoldLicense _license = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Marketplace:Accounts:another:AccessKeys:0=the key of another account"]);
        _license = await SoldLicense.BuyAsync(_app);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("refreshLicense", "expireTime", null)]
    [TestCase("refreshLicense", "expireTime", "")]
    [TestCase("refreshLicense", "expireTime", "soon")]
    [TestCase("refreshLicense", "expireTime", "20270230000000", Description = "no such day")]
    [TestCase("refreshLicense", "expireTime", "2027060115595")]
    [TestCase("refreshLicense", "expireTime", "20270601155959+0800")]
    [TestCase("refreshLicense", "expireTime", "-0270601155959")]
    [TestCase("refreshLicense", "expireTime", "２０２７０６０１１５５９５９", Description = "full-width digits")]
    [TestCase("refreshLicense", "orderId", null)]
    [TestCase("refreshLicense", "orderId", "65")]
    [TestCase("refreshLicense", "instanceId", null)]
    [TestCase("refreshLicense", "instanceId", "")]
    [TestCase("refreshLicense", "instanceId", "65")]
    [TestCase("refreshLicense", "timeStamp", null)]
    [TestCase("refreshLicense", "timeStamp", "21")]
    [TestCase("refreshLicense", "testFlag", "2")]
    [TestCase("refreshLicense", "testFlag", "true")]
    [TestCase("refreshLicense", "orderId", "CS\0001")]
    [TestCase("expireLicense", "instanceId", null)]
    [TestCase("expireLicense", "instanceId", "65")]
    [TestCase("expireLicense", "orderId", "65")]
    [TestCase("expireLicense", "timeStamp", null)]
    [TestCase("expireLicense", "testFlag", "yes")]
    [TestCase("expireLicense", "instanceId", "lic_\0")]
    [TestCase("releaseLicense", "instanceId", null)]
    [TestCase("releaseLicense", "orderId", null)]
    [TestCase("releaseLicense", "orderId", "65")]
    [TestCase("releaseLicense", "timeStamp", null)]
    [TestCase("releaseLicense", "testFlag", "-1")]
    [TestCase("refreshlicense", "activity", "refreshlicense", Description = "ordinal and case-sensitive")]
    [TestCase("updateLicense", "activity", "updateLicense")]
    public async Task Call_BadParameter_000002NamesItAndNothingIsStored(string activity, string parameter, string? value)
    {
        var call = CallOf(activity);

        // A number of two digits stands for a text of that length.
        var text = value is { Length: 2 } && int.TryParse(value, out var length) && length > 9 ? new string('7', length) : value;
        await AssertRefusedAsync(text is null ? call.Without(parameter) : call.With(parameter, text), "000002", parameter);
    }

    // A renewal is called once, and it was refused for a product id that is only kept for people.
    [TestCase("1\0", "1\uFFFD")]
    [TestCase("65", "64")]
    public async Task Refresh_ProductIdThatCannotBeKeptAsItIs_IsServedAndTold(string productId, string kept)
    {
        var sold = await SoldLicense.BuyAsync(_app);
        var order = SoldLicense.NewOrderId();
        var given = productId == "65" ? new string('7', 65) : productId;

        var reply = await _app.Marketplace.SendAsync(
            InstanceCall.Refresh(sold.Id, order, _app.Time.GetUtcNow().AddYears(2)).With("productId", given));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(
            _app.Query($"SELECT marketplace_product_id FROM follow_up_orders WHERE order_id = '{order}'"), Is.EqualTo([kept == "64" ? new string('7', 64) : kept]));
        Assert.That(WarningsOf(order), Has.One.Contains("productId").And.Not.Contains("777"));
    }

    // It left no line at all, or one with neither order nor instance; and the marketplace does not call again.
    [TestCase("refreshLicense", "000002")]
    [TestCase("refreshLicense", "000003")]
    [TestCase("expireLicense", "000003")]
    [TestCase("releaseLicense", "000002")]
    public async Task Call_Refused_LeavesOneWarningWithOrderAndInstance(string activity, string code)
    {
        var order = SoldLicense.NewOrderId();
        var instance = code == "000003" ? $"lic_unknown-{order}" : _license.Id;
        var call = CallOf(activity).With("orderId", order).With("instanceId", instance);
        call = code == "000002" ? call.With("testFlag", "2") : call;

        for (var i = 0; i < 3; i++)
        {
            Assert.That((await _app.Marketplace.SendAsync(call)).ResultCode, Is.EqualTo(code));
        }

        Assert.That(WarningsOf(order), Has.Count.EqualTo(1));
        Assert.That(WarningsOf(order)[0], Does.Contain(activity).And.Contain($"instance {instance}").And.Contain($"answered {code}"));
    }

    [Test]
    public async Task Call_RefusedOfATestCase_WarnsNobody()
    {
        var order = SoldLicense.NewOrderId();

        await _app.Marketplace.SendAsync(CallOf("refreshLicense").With("orderId", order).With("instanceId", "lic_unknown").With("testFlag", "1"));

        Assert.That(WarningsOf(order), Is.Empty);
        Assert.That(_app.Logs.Lines.Where(line => line.Message.Contains($"order {order}", StringComparison.Ordinal)), Has.One.Items);
    }

    [Test]
    public async Task Calls_AnsweredAsBusy_OneLineAMinute()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false"], builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(new BusySigner())));
        for (var i = 0; i < 20; i++)
        {
            Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For($"CS{i}"))).ResultCode, Is.EqualTo("000005"));
        }

        Assert.That(app.Logs.Lines.Where(line => line.Message.Contains("was answered as busy", StringComparison.Ordinal)), Has.One.Items, "a line for each call before");
    }

    [TestCase("refreshLicense", "expireTime")]
    [TestCase("refreshLicense", "instanceId")]
    [TestCase("expireLicense", "instanceId")]
    [TestCase("releaseLicense", "orderId")]
    [TestCase("releaseLicense", "testFlag")]
    public async Task Call_RepeatedParameter_000002NamesItAndNothingIsStored(string activity, string parameter)
    {
        var call = CallOf(activity).With("testFlag", "0");
        var value = call.Parameters.Single(one => one.Key == parameter).Value;

        await AssertRefusedAsync(call.AndAlso(parameter, value), "000002", parameter);
    }

    [TestCase("refreshLicense")]
    [TestCase("expireLicense")]
    [TestCase("releaseLicense")]
    public async Task Call_UnknownInstance_000003AndNothingIsStored(string activity)
    {
        await AssertRefusedAsync(CallOf(activity).With("instanceId", "lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB"), "000003", "instanceId");
        await AssertRefusedAsync(CallOf(activity).With("instanceId", _license.Id.ToLowerInvariant()), "000003", "instanceId");
        await AssertRefusedAsync(CallOf(activity).With("instanceId", "' OR 1=1 --"), "000003", "instanceId");
    }

    [TestCase("refreshLicense")]
    [TestCase("expireLicense")]
    [TestCase("releaseLicense")]
    public async Task Call_InstanceOfAnotherAccount_000003AsIfItWereNotThere(string activity)
    {
        var order = new OrderKey("another", Test: false, SoldLicense.NewOrderId(), "", "OFFI000000000000000001");
        var issued = await _app.Services.GetRequiredService<LicenseService>().IssueAsync(
            new IssueLicense(order, "a customer", null, 1, null, new CallSource(CallSource.Marketplace, "getLicense", order.OrderId), MarketplacePolicy.Calls), CancellationToken.None);
        var unknown = await _app.Marketplace.SendAsync(CallOf(activity).With("instanceId", "lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB"));

        var reply = await AssertRefusedAsync(CallOf(activity).With("instanceId", issued.Record!.License.Id), "000003", "instanceId");

        Assert.That(reply.Body, Is.EqualTo(unknown.Body), "nobody learns that it exists");
    }

    [TestCase("refreshLicense")]
    [TestCase("expireLicense")]
    [TestCase("releaseLicense")]
    public async Task Call_DebugCaseOnARealLicense_000003AndNothingChanges(string activity)
    {
        await AssertRefusedAsync(CallOf(activity).With("testFlag", "1"), "000003", "instanceId");

        Assert.That(await _license.StateAsync(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task Call_WithoutTestFlagOnATestLicense_TheLicenseDecides()
    {
        // The tables of V1 refresh and release list no testFlag, so a debug case may come without.
        var license = await SoldLicense.BuyAsync(_app, call => call.With("testFlag", "1"));

        var refreshed = await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-D", _app.Time.GetUtcNow() + TimeSpan.FromDays(20)));
        var released = await _app.Marketplace.SendAsync(InstanceCall.Release(license.Id, license.OrderId));
        var late = await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-D2", _app.Time.GetUtcNow() + TimeSpan.FromDays(30)));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(new[] { refreshed, released, late }.Select(reply => reply.ResultCode), Is.All.EqualTo("000000"));
            Assert.That(await license.StateAsync(), Is.EqualTo("Released"));
            Assert.That(await license.ConflictsAsync(), Is.Empty);
        }
    }

    [Test]
    public async Task Refresh_SeventeenDigitsAndYear9999_AreRead()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var seventeen = await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-17", default).With("expireTime", "20280101000000999"));
        var cut = (await license.ShowAsync()).GetProperty("expiresAt").GetString();
        var farthest = await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-9999", default).With("expireTime", "99991231235959"));

        var shown = await license.ShowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new[] { seventeen, farthest }.Select(reply => reply.ResultCode), Is.All.EqualTo("000000"));
            Assert.That(cut, Is.EqualTo("2028-01-01T00:00:00Z"), "cut to whole seconds when it enters");
            Assert.That(shown.GetProperty("expiresAt").GetString(), Is.EqualTo("9999-12-31T23:59:59Z"));
            Assert.That(shown.GetProperty("graceEndsAt").GetString(), Is.EqualTo("9999-12-31T23:59:59Z"), "additions saturate");
            Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo("Active"));
        }
    }

    private InstanceCall CallOf(string activity)
    {
        var call = activity switch
        {
            "expireLicense" => InstanceCall.Expire(_license.Id, _license.OrderId),
            "releaseLicense" => InstanceCall.Release(_license.Id, _license.OrderId),
            _ => InstanceCall.Refresh(_license.Id, SoldLicense.NewOrderId(), _app.Time.GetUtcNow() + TimeSpan.FromDays(100)),
        };
        return call.With("activity", activity);
    }

    private async Task<MarketplaceReply> AssertRefusedAsync(InstanceCall call, string resultCode, string named)
    {
        // A renewal is called once: one that is refused is kept for an operator (MissedRenewalTests), and nothing else is stored.
        var isKept = call.Parameters.Any(static parameter => parameter is { Key: "activity", Value: "refreshLicense" });
        string Rows() => isKept ? _app.CountRows().Split(", events")[0] : _app.CountRows();
        List<object> Versions() => _app.Query(isKept ? "SELECT id || generation FROM licenses ORDER BY id" : "SELECT id || version FROM licenses ORDER BY id");

        var rows = Rows();
        var versions = Versions();

        var reply = await _app.Marketplace.SendAsync(call);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo(resultCode), reply.ResultMessage);
            Assert.That(reply.ResultMessage, Does.Contain(named));
            Assert.That(Rows(), Is.EqualTo(rows));
            Assert.That(Versions(), Is.EqualTo(versions));
        }

        return reply;
    }

    private List<string> WarningsOf(string orderId) =>
        [.. _app.Logs.Lines.Where(line => line.Level == LogLevel.Warning && line.Message.Contains(orderId, StringComparison.Ordinal)).Select(line => line.Message)];

    private sealed class BusySigner : ILicenseSigner
    {
        public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken) => throw new StoreBusyException("the test says so");
    }
}
