using System.Globalization;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>When a license ends: what the order says, what the product says, and what the clock makes of it.</summary>
[OnEveryDatabase]
internal sealed class GetLicenseTermTests
{
    private static readonly string[] Products =
    [
        .. LicenseAuthorityApplication.Product(0, "perpetual", "PERPETUAL"),
        .. LicenseAuthorityApplication.Product(1, "yearly", "YEARLY", "DefaultPeriod=365.00:00:00", "GracePeriod=7.00:00:00"),
        .. LicenseAuthorityApplication.Product(2, "strict", "STRICT", "GracePeriod=00:00:00"),
    ];

    private LicenseAuthorityApplication _app = null!;
    private int _orders;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(Products);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task GetLicense_NoExpireTime_TakesTheDefaultPeriod([Values] bool empty)
    {
        var call = Order("YEARLY");
        var license = await IssueAsync(empty ? call.With("expireTime", "") : call.Without("expireTime"), "yearly");

        Assert.That(license.ExpiresAt, Is.EqualTo(LicenseAuthorityApplication.Now.AddDays(365)));
        Assert.That(license.Grace, Is.EqualTo(TimeSpan.FromDays(7)));
    }

    [Test]
    public async Task GetLicense_NoExpireTimeAndNoDefaultPeriod_IsPerpetual()
    {
        var reply = await _app.Marketplace.SendAsync(Order("PERPETUAL").Without("expireTime"));

        var license = _app.Check(reply.License, "perpetual").License!;
        Assert.That(license.ExpiresAt, Is.Null);
        Assert.That(license.Grace, Is.EqualTo(TimeSpan.Zero));
        Assert.That(_app.Query($"SELECT next_due_at FROM licenses WHERE id = '{reply.InstanceId}'"), Is.EqualTo([long.MaxValue]));
        Assert.That((await FindAsync(reply)).GetProperty("expiresAt").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [TestCase("20270601155959")]
    [TestCase("20270601155959999")]
    public async Task GetLicense_ExpireTime_IsUtcCutToTheSecond(string expireTime)
    {
        var license = await IssueAsync(Order("YEARLY").With("expireTime", expireTime), "yearly");

        Assert.That(license.ExpiresAt, Is.EqualTo(new DateTimeOffset(2027, 6, 1, 15, 59, 59, TimeSpan.Zero)));
    }

    [Test]
    public async Task GetLicense_LastSecondOfYear9999_IsServed()
    {
        var reply = await _app.Marketplace.SendAsync(Order("YEARLY").With("expireTime", "99991231235959"));

        Assert.That(_app.Check(reply.License, "yearly").Outcome, Is.EqualTo(LicenseOutcome.Valid));
        var item = await FindAsync(reply);
        Assert.That(item.GetProperty("expiresAt").GetString(), Is.EqualTo("9999-12-31T23:59:59Z"));
        Assert.That(item.GetProperty("graceEndsAt").GetString(), Is.EqualTo("9999-12-31T23:59:59Z"));
    }

    // Half-open: at the instant of expiry the term is over. The past is served all the same, it was paid for.
    [TestCase("YEARLY", "20260601000001", "Active", LicenseOutcome.Valid)]
    [TestCase("YEARLY", "20260601000000", "Frozen", LicenseOutcome.Frozen)]
    [TestCase("YEARLY", "20260525000001", "Frozen", LicenseOutcome.Frozen)]
    [TestCase("YEARLY", "20260525000000", "Released", LicenseOutcome.Expired)]
    [TestCase("YEARLY", "19700101000000", "Released", LicenseOutcome.Expired)]
    [TestCase("STRICT", "20260601000001", "Active", LicenseOutcome.Valid)]
    [TestCase("STRICT", "20260601000000", "Released", LicenseOutcome.Expired)]
    public async Task GetLicense_Date_DecidesTheState(string productId, string expireTime, string state, LicenseOutcome outcome)
    {
        var call = Order(productId).With("expireTime", expireTime);
        var reply = await _app.Marketplace.SendAsync(call);
        var again = await _app.Marketplace.SendAsync(call);

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_app.Check(reply.License, productId == "YEARLY" ? "yearly" : "strict").Outcome, Is.EqualTo(outcome));
            Assert.That((await FindAsync(reply)).GetProperty("state").GetString(), Is.EqualTo(state));
            Assert.That(_app.Query($"SELECT state FROM licenses WHERE id = '{reply.InstanceId}'"), Is.EqualTo([state]));
            Assert.That(again.Body, Is.EqualTo(reply.Body));
        }
    }

    [Test]
    public async Task GetLicense_ExpireTimeOffset_IsTakenOff()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Marketplace:ExpireTimeOffset=08:00:00"]);

        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("expireTime", "20270601235959"));

        Assert.That(app.Check(reply.License).License!.ExpiresAt, Is.EqualTo(new DateTimeOffset(2027, 6, 1, 15, 59, 59, TimeSpan.Zero)));
    }

    // Nothing runs but the clock.
    [Test]
    public async Task GetLicense_TimePasses_StateFollowsWithoutAScheduler()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(Products);
        var call = GetLicenseCall.For("CS1").With("productId", "YEARLY").With("expireTime", "20260611000000");
        var reply = await app.Marketplace.SendAsync(call);
        var states = new List<string?>();
        foreach (var instant in (string[])["2026-06-10T23:59:59Z", "2026-06-11T00:00:00Z", "2026-06-17T23:59:59Z", "2026-06-18T00:00:00Z"])
        {
            app.Time.SetUtcNow(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture));
            var item = await FindAsync(app, reply.InstanceId!);
            states.Add($"{item.GetProperty("state").GetString()} {app.Check(reply.License, "yearly").Outcome}");
        }

        var again = await app.Marketplace.SendAsync(call);

        Assert.That(states, Is.EqualTo(["Active Valid", "Frozen Frozen", "Frozen Frozen", "Released Expired"]));
        Assert.That((await FindAsync(app, reply.InstanceId!)).GetProperty("releasedAt").GetString(), Is.EqualTo("2026-06-18T00:00:00Z"));
        Assert.That(again.Body, Is.EqualTo(reply.Body));
    }

    private GetLicenseCall Order(string productId) => GetLicenseCall.For($"CS{Interlocked.Increment(ref _orders)}").With("productId", productId);

    private async Task<LicenseCode> IssueAsync(GetLicenseCall call, string product)
    {
        var reply = await _app.Marketplace.SendAsync(call);
        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        return _app.Check(reply.License, product).License!;
    }

    private Task<JsonElement> FindAsync(MarketplaceReply reply) => FindAsync(_app, reply.InstanceId!);

    private static async Task<JsonElement> FindAsync(LicenseAuthorityApplication app, string id)
    {
        using var response = await app.AdminAsync($"/admin/v1/licenses/{id}");
        Assert.That(response.IsSuccessStatusCode, Is.True);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync());
    }
}
