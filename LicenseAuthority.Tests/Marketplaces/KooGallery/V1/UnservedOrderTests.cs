using System.Net;
using System.Text.Json;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>A paid order that was refused left nothing: no line in the log, nothing for an operator.</summary>
[OnEveryDatabase]
internal sealed class UnservedOrderTests
{
    private static readonly string[] Sold = LicenseAuthorityApplication.Product(0, "editor", "OFFI000000000000000001");

    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. Sold]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Refused_ProductIsNotConfigured_LeavesAnEntryAndALine()
    {
        var order = SoldLicense.NewOrderId();

        var reply = await _app.Marketplace.SendAsync(NotSold(order));

        Assert.That(reply.ResultCode, Is.EqualTo("000002"));
        var entry = (await EntriesAsync(order)).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.GetProperty("id").GetString(), Does.StartWith("cft_"));
            Assert.That(entry.GetProperty("licenseId").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(entry.GetProperty("kind").GetString(), Is.EqualTo("unserved"));
            Assert.That(entry.GetProperty("status").GetString(), Is.EqualTo("open"));
            Assert.That(entry.GetProperty("actor").GetString(), Is.EqualTo("marketplace"));
            Assert.That(entry.GetProperty("source").GetRawText(), Is.EqualTo($$"""{"activity":"getLicense","orderId":"{{order}}","orderLineId":null}"""));
            Assert.That(entry.GetProperty("reason").GetString(), Does.StartWith("answered 000002").And.Contain("productId").And.Contain("OFFI-NOT-SOLD"));
            Assert.That(entry.GetProperty("proposal").GetRawText(), Is.EqualTo("""{"expire":false,"expiresAt":"2027-06-01T15:59:59Z","quantity":5}"""));
            Assert.That(
                entry.GetProperty("order").GetRawText(),
                Is.EqualTo($$"""{"account":"default","test":false,"orderId":"{{order}}","orderLineId":null,"productId":"OFFI-NOT-SOLD","customerId":"c0ffee00c0ffee00c0ffee00c0ffee00","customerName":"Example Company"}"""));
            Assert.That(WarningsOf(order).Single(), Does.Contain("OFFI-NOT-SOLD"));
        }
    }

    [TestCase("amount", "none")]
    [TestCase("productId", "")]
    [TestCase("customerId", "")]
    [TestCase("expireTime", "tomorrow")]
    [TestCase("testFlag", "2")]
    public async Task Refused_BadParameter_LeavesWhatCanBeRead(string name, string value)
    {
        var order = SoldLicense.NewOrderId();

        await _app.Marketplace.SendAsync(GetLicenseCall.For(order).With(name, value));

        Assert.That((await EntriesAsync(order)).Single().GetProperty("reason").GetString(), Does.Contain(name));
        Assert.That(WarningsOf(order), Has.Count.EqualTo(1));
    }

    [TestCase("productId", 64)]
    [TestCase("customerId", 100)]
    public async Task Refused_ValueTooLongOrWithU0000_IsKeptCut(string name, int longest)
    {
        var order = SoldLicense.NewOrderId();

        await _app.Marketplace.SendAsync(GetLicenseCall.For(order).With(name, "\0" + string.Concat(Enumerable.Repeat("😀", 200))));

        var kept = (await EntriesAsync(order)).Single().GetProperty("order").GetProperty(name).GetString();
        Assert.That(kept, Is.EqualTo("\uFFFD" + string.Concat(Enumerable.Repeat("😀", longest - 1))));
    }

    [Test]
    public async Task Refused_AnotherParameterRepeated_LeavesAnEntry()
    {
        var order = SoldLicense.NewOrderId();

        await _app.Marketplace.SendAsync(GetLicenseCall.For(order).AndAlso("amount", "6"));

        Assert.That(await EntriesAsync(order), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Refused_OrderIdCannotBeRead_OnlyALine()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. Sold]);
        foreach (var call in new[]
        {
            GetLicenseCall.For("CS1").Without("orderId"),
            GetLicenseCall.For(new string('9', 65)),
            GetLicenseCall.For("CS\0"),
            GetLicenseCall.For("CS1").AndAlso("orderId", "CS2"),
        })
        {
            Assert.That((await app.Marketplace.SendAsync(call)).ResultCode, Is.EqualTo("000002"));
        }

        Assert.That(await app.Admin.ListAsync("conflicts"), Is.Empty);
        Assert.That(app.Logs.Lines.Where(line => line.Message.Contains("whose id cannot be read", StringComparison.Ordinal)).ToList(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Refused_NotAuthenticatedOrAnotherActivity_LeavesNothing()
    {
        var order = SoldLicense.NewOrderId();
        await _app.CallerWith("wrong").SendRawAsync(
            _app.CallerWith("wrong").SignedQuery(NotSold(order).Parameters), LicenseAuthorityApplication.DemoAccessKey);
        await _app.Marketplace.SendAsync(NotSold(order).With("activity", "getLicence"));

        Assert.That(await EntriesAsync(order), Is.Empty);
        Assert.That(WarningsOf(order), Is.Empty);
    }

    [Test]
    public async Task Refused_AgainForAnotherReason_OneEntryWithTheNewestReason()
    {
        var order = SoldLicense.NewOrderId();
        await _app.Marketplace.SendAsync(NotSold(order));
        var first = (await EntriesAsync(order)).Single();

        await _app.Marketplace.SendAsync(NotSold(order).With("amount", "0"));

        var entry = (await EntriesAsync(order)).Single();
        Assert.That(entry.GetProperty("id").GetString(), Is.EqualTo(first.GetProperty("id").GetString()));
        Assert.That(entry.GetProperty("reason").GetString(), Does.Contain("amount"));
        Assert.That(WarningsOf(order), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Refused_ManyTimesAtOnce_OneEntry()
    {
        var order = SoldLicense.NewOrderId();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => _app.Marketplace.SendAsync(NotSold(order)))));

        Assert.That(await EntriesAsync(order), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Refused_RepeatOfAServedOrder_LeavesNothing()
    {
        var license = await SoldLicense.BuyAsync(_app);

        var reply = await _app.Marketplace.SendAsync(license.Purchase.With("amount", "0"));
        await _app.Marketplace.SendAsync(license.Purchase.Without("productId"));

        Assert.That(reply.ResultCode, Is.EqualTo("000002"));
        Assert.That(await EntriesAsync(license.OrderId), Is.Empty);
        Assert.That(WarningsOf(license.OrderId), Is.Empty);
    }

    [Test]
    public async Task Served_AfterItWasRefused_ClosesTheEntryByItself()
    {
        var order = SoldLicense.NewOrderId();
        await _app.Marketplace.SendAsync(GetLicenseCall.For(order).With("amount", "0"));
        await _app.Marketplace.SendAsync(GetLicenseCall.For(order).Without("productId"));
        var other = SoldLicense.NewOrderId();
        await _app.Marketplace.SendAsync(GetLicenseCall.For(other).With("amount", "0"));
        Assert.That(await EntriesAsync(order), Has.Count.EqualTo(2), "of which product the second was cannot be known");

        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For(order));

        var served = await EntriesAsync(order, "?status=served");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000000"));
            Assert.That(await EntriesAsync(order), Is.Empty);
            Assert.That(await EntriesAsync(other), Has.Count.EqualTo(1), "another order");
            Assert.That(served, Has.Count.EqualTo(2));
            Assert.That(served.Select(entry => entry.GetProperty("licenseId").GetString()), Has.All.EqualTo(reply.InstanceId));
            Assert.That(served[0].GetProperty("resolvedBy").GetString(), Is.EqualTo("marketplace"));
            Assert.That(served[0].GetProperty("resolvedAt").GetDateTimeOffset(), Is.EqualTo(_app.Time.GetUtcNow()));
        }

        var late = await _app.Admin.PostAsync($"conflicts/{served[0].GetProperty("id").GetString()}/dismiss");
        Assert.That(late.Status, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(late.Detail, Does.Contain("served before"));
    }

    [Test]
    public async Task Health_OneIsOpen_YellowUntilItIsServed()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. Sold]);
        Assert.That(await NewHealthAsync(app), Is.EqualTo("Healthy"));

        await app.Marketplace.SendAsync(NotSold("CS1").With("testFlag", "1"));
        Assert.That(await NewHealthAsync(app), Is.EqualTo("Healthy"), "a test order alarms nobody");

        await app.Marketplace.SendAsync(NotSold("CS1"));
        Assert.That(await NewHealthAsync(app), Is.EqualTo("Degraded"));

        // As an operator mends it: the product is named, and the marketplace calls again.
        await app.RestartAsync("Products:0:MarketplaceProductIds:1=OFFI-NOT-SOLD");
        Assert.That((await app.Marketplace.SendAsync(NotSold("CS1"))).ResultCode, Is.EqualTo("000000"));
        await app.WriteWatchAsync();
        Assert.That(await NewHealthAsync(app), Is.EqualTo("Healthy"));
    }

    [Test]
    public async Task Refused_TestOrder_IsListedApartAndWarnsNobody()
    {
        var order = SoldLicense.NewOrderId();

        await _app.Marketplace.SendAsync(NotSold(order).With("testFlag", "1"));

        Assert.That(await EntriesAsync(order), Is.Empty);
        Assert.That((await EntriesAsync(order, "?test=true&kind=unserved")).Single().GetProperty("order").GetProperty("test").GetBoolean(), Is.True);
        Assert.That(WarningsOf(order), Is.Empty);
    }

    [Test]
    public async Task Refused_FaultOfOurs_LeavesAnEntryWithTheNumberOfTheFault()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false"], builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(new FailingSigner())));

        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        Assert.That(reply.ResultCode, Is.EqualTo("000005"));
        var entry = (await app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        Assert.That(entry.GetProperty("reason").GetString(), Does.StartWith($"answered 000005 {reply.ResultMessage}"));
    }

    [Test]
    public async Task Apply_NoLicense_409ThatSaysWhatToDo()
    {
        var order = SoldLicense.NewOrderId();
        await _app.Marketplace.SendAsync(NotSold(order));
        var id = (await EntriesAsync(order)).Single().GetProperty("id").GetString();

        var reply = await _app.Admin.PostAsync($"conflicts/{id}/apply", "try");

        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(reply.Code, Is.EqualTo("not-applicable"));
        Assert.That(reply.Detail, Does.Contain("call again").And.Contain("Dismiss"));
        Assert.That(await EntriesAsync(order), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Dismiss_NoLicense_ClosesItWithTheReasonAndANewRefusalOpensAnother()
    {
        var order = SoldLicense.NewOrderId();
        await _app.Marketplace.SendAsync(NotSold(order));
        var id = (await EntriesAsync(order)).Single().GetProperty("id").GetString();

        var reply = await _app.Admin.PostAsync($"conflicts/{id}/dismiss", "refunded");

        var dismissed = (await EntriesAsync(order, "?status=dismissed")).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(reply.Json.GetRawText(), Is.EqualTo(dismissed.GetRawText()));
            Assert.That(dismissed.GetProperty("resolvedBy").GetString(), Is.EqualTo("admin:bootstrap"));
            Assert.That(dismissed.GetProperty("remark").GetString(), Is.EqualTo("refunded"));
            Assert.That((await _app.Admin.PostAsync($"conflicts/{id}/dismiss")).Status, Is.EqualTo(HttpStatusCode.Conflict));
        }

        await _app.Marketplace.SendAsync(NotSold(order));
        Assert.That(await EntriesAsync(order), Has.Count.EqualTo(1));
    }

    // The entry stood in the list of conflicts, and health was green: nobody looked.
    [Test]
    public async Task Health_RenewalThatIsNotServed_IsDegradedUntilAnOperatorDecides()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var sold = await SoldLicense.BuyAsync(app);
        await sold.ReleaseAsync();
        var before = await NewHealthAsync(app);
        await sold.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(100));
        var open = await NewHealthAsync(app);
        var entry = (await app.Admin.ListAsync("conflicts?kind=unserved")).Single().GetProperty("id").GetString();
        await app.Admin.PostAsync($"conflicts/{entry}/dismiss");

        Assert.That((before, open, await NewHealthAsync(app)), Is.EqualTo(("Healthy", "Degraded", "Healthy")));
    }

    // The report is shared for two seconds.
    private static Task<string?> NewHealthAsync(LicenseAuthorityApplication app)
    {
        app.Time.Advance(TimeSpan.FromSeconds(2));
        return HealthAsync(app);
    }

    private static GetLicenseCall NotSold(string orderId) => GetLicenseCall.For(orderId).With("productId", "OFFI-NOT-SOLD");

    private static async Task<string?> HealthAsync(LicenseAuthorityApplication app)
    {
        using var response = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return JsonElement.Parse(await response.Content.ReadAsStringAsync())
            .GetProperty("checks").GetProperty("marketplace").GetProperty("status").GetString();
    }

    private async Task<List<JsonElement>> EntriesAsync(string orderId, string filter = "") =>
        (await _app.Admin.ListAsync("conflicts" + filter)).FindAll(entry => entry.GetProperty("source").GetProperty("orderId").GetString() == orderId);

    private List<string> WarningsOf(string orderId) =>
        [.. _app.Logs.Lines
            .Where(line => line.Level == LogLevel.Warning
                && line.Category == typeof(UnservedOrders).FullName
                && line.Message.Contains($"order {orderId}", StringComparison.Ordinal))
            .Select(line => line.Message)];

    private sealed class FailingSigner : ILicenseSigner
    {
        public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken) => throw new SigningException("the test says so");
    }
}
