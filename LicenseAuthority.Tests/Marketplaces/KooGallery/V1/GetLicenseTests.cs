using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>An order comes in over HTTP, a signed license code goes out; the same order again gets the same.</summary>
[OnEveryDatabase]
internal sealed class GetLicenseTests
{
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task GetLicense_NewOrder_ReturnsACodeThatSaysWhatWasOrdered()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-NEW"));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        var check = _app.Check(reply.License);
        Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid), check.GetEvidence(LicenseLanguage.English));
        var license = check.License!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(license.LicenseId, Is.EqualTo(reply.InstanceId));
            Assert.That(reply.InstanceId, Does.Match("^lic_[0-9A-HJKMNP-TV-Z]{26}$"));
            Assert.That(license.Issuer, Is.EqualTo(LicenseAuthorityApplication.PublicUrl));
            Assert.That(license.ProductId, Is.EqualTo("demo-product"));
            Assert.That(license.Generation, Is.EqualTo(1));
            Assert.That(license.IssuedAt, Is.EqualTo(LicenseAuthorityApplication.Now));
            Assert.That(license.NotBefore, Is.Null);
            Assert.That(license.ExpiresAt, Is.EqualTo(new DateTimeOffset(2027, 6, 1, 15, 59, 59, TimeSpan.Zero)));
            Assert.That(license.Grace, Is.EqualTo(TimeSpan.FromDays(15)));
            Assert.That(license.CustomerId, Does.Match("^cus_[0-9A-HJKMNP-TV-Z]{26}$"));
            Assert.That(license.CustomerName, Is.Null);
            Assert.That(license.Quantity, Is.EqualTo(5));
            Assert.That(license.Entitlements.Names, Is.Empty);
            Assert.That(license.DeviceIds, Is.Empty);
            Assert.That(license.IsTest, Is.False);
            Assert.That(license.IsTrial, Is.False);
            Assert.That(license.StatusListUri, Is.EqualTo("https://license.example.com/licensee/v1/status-lists/1"));
            Assert.That(license.StatusListIndex, Is.InRange(0, (1 << 20) - 1));
            Assert.That(reply.License, Has.Length.LessThanOrEqualTo(1024), "the marketplace's limit for a text");
        }
    }

    // The claims as any JOSE library sees them: nothing more than documented, and what is absent is left out.
    [Test]
    public async Task GetLicense_NewOrder_WritesOnlyDocumentedMembers()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-MEMBERS"));

        var parts = reply.License!.Split('.');
        using var header = JsonDocument.Parse(Decode(parts[0]));
        using var payload = JsonDocument.Parse(Decode(parts[1]));
        Assert.That(Names(header), Is.EqualTo(["alg", "typ", "kid", "cert"]));
        Assert.That(Names(payload), Is.EqualTo(["iss", "aud", "sub", "gen", "iat", "exp", "grace", "cus", "qty", "status"]));
        Assert.That(reply.License, Does.Not.Contain("c0ffee"), "the marketplace's customer id stays with us");
    }

    [Test]
    public async Task GetLicense_NewOrder_StoresEverythingOnce()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-STORED"));

        var id = reply.InstanceId;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_app.Query($"SELECT text FROM codes WHERE license_id = '{id}'"), Is.EqualTo([reply.License]));
            Assert.That(_app.Query($"SELECT sha256 FROM codes WHERE license_id = '{id}'").Single(), Is.EqualTo(SHA256.HashData(Encoding.ASCII.GetBytes(reply.License!))));
            Assert.That(
                _app.Query($"SELECT order_id || ' ' || order_line_id || ' ' || marketplace_product_id || ' ' || account || ' ' || CAST(test AS INTEGER) FROM orders WHERE license_id = '{id}'"),
                Is.EqualTo(["CS-STORED  OFFI000000000000000001 default 0"]));
            Assert.That(
                _app.Query($"SELECT type || ' ' || actor || ' ' || activity || ' ' || order_id FROM events WHERE license_id = '{id}'"),
                Is.EqualTo(["license.issued marketplace getLicense CS-STORED"]));
            Assert.That(
                _app.Query($"SELECT state || ' ' || next_due_at || ' ' || marketplace_customer_id || ' ' || customer_name FROM licenses WHERE id = '{id}'"),
                Is.EqualTo([$"Active {new DateTimeOffset(2027, 6, 1, 15, 59, 59, TimeSpan.Zero).ToUnixTimeMilliseconds()} c0ffee00c0ffee00c0ffee00c0ffee00 Example Company"]));
            Assert.That(_app.Query($"SELECT id FROM conflicts WHERE license_id = '{id}'"), Is.Empty);
        }
    }

    // The business id differs in every retry, and so does the time.
    [Test]
    public async Task GetLicense_OrderAgain_ReturnsTheSameBytesAndStoresNothing()
    {
        var first = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-AGAIN"));
        var rows = _app.CountRows();

        var again = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-AGAIN").With("timeStamp", "20260601010000123"));

        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(_app.CountRows(), Is.EqualTo(rows));
    }

    [Test]
    public async Task GetLicense_OtherProductInTheSameOrder_IsAnotherLicense()
    {
        var first = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-TWO"));
        var second = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-TWO").With("productId", "OFFI000000000000000002"));

        Assert.That(second.ResultCode, Is.EqualTo("000000"));
        Assert.That(second.InstanceId, Is.Not.EqualTo(first.InstanceId));
        Assert.That(_app.Check(second.License).License!.CustomerId, Is.EqualTo(_app.Check(first.License).License!.CustomerId));
    }

    [TestCase("cs-case")]
    [TestCase("CS-CASE ")]
    public async Task GetLicense_OrderIdThatDiffersALittle_IsAnotherOrder(string orderId)
    {
        var first = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-CASE"));
        var other = await _app.Marketplace.SendAsync(GetLicenseCall.For(orderId));

        Assert.That(other.ResultCode, Is.EqualTo("000000"));
        Assert.That(other.InstanceId, Is.Not.EqualTo(first.InstanceId));
    }

    [Test]
    public async Task GetLicense_OtherCustomer_GetsAnotherCustomerId()
    {
        var first = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-CUSTOMER-1"));
        var other = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-CUSTOMER-2").With("customerId", "C0FFEE00c0ffee00c0ffee00c0ffee00"));

        Assert.That(_app.Check(other.License).License!.CustomerId, Is.Not.EqualTo(_app.Check(first.License).License!.CustomerId));
    }

    [Test]
    public async Task GetLicense_TestOrder_IsApartFromTheRealOneAndRefusedUnlessTold()
    {
        var real = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-TEST"));
        var test = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-TEST").With("testFlag", "1"));
        var testAgain = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-TEST").With("testFlag", "1"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(test.InstanceId, Is.Not.EqualTo(real.InstanceId));
            Assert.That(testAgain.Body, Is.EqualTo(test.Body));
            Assert.That(_app.Check(real.License).License!.IsTest, Is.False);
            Assert.That(_app.Check(test.License).Outcome, Is.EqualTo(LicenseOutcome.TestLicense));
            Assert.That(_app.Check(test.License, acceptTests: true).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(_app.Check(test.License, acceptTests: true).License!.IsTest, Is.True);
        }
    }

    [TestCase("0")]
    [TestCase("")]
    public async Task GetLicense_TestFlagOff_IsTheRealOrder(string testFlag)
    {
        var real = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-REAL"));
        var same = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-REAL").With("testFlag", testFlag));

        Assert.That(same.Body, Is.EqualTo(real.Body));
    }

    [Test]
    public async Task GetLicense_PublishedExample_IsServedInBothEncodings([Values("%20", "+")] string blank)
    {
        const string Key = "5f0c1d2e-demo-4a6b-8c7d-0123456789ab";
        const string Query =
            "activity=getLicense&amount=5&businessId=0b7d6a52-1111-4222-8333-444455556666&customerId=c0ffee00c0ffee00c0ffee00c0ffee00"
            + "&customerName=%E6%B5%8B%E8%AF%95%20%E5%AE%A2%E6%88%B7%2B1&expireTime=20271124155959&orderId=CS2611240315DEMO1&periodType=year"
            + "&productId=OFFI000000000000000001&skuCode=11112222-3333-4444-5555-666677778888&testFlag=1&timeStamp=20261124031500123"
            + "&authToken=%2BJ20Vas77tebII45FzuofARTVn6JaZzUkIAcYz18B6E%3D";
        await using var app = await LicenseAuthorityApplication.StartAsync([$"Marketplace:AccessKeys:0={Key}"]);

        var reply = await app.CallerWith(Key).SendRawAsync(Query.Replace("%20", blank, StringComparison.Ordinal));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(app.Query("SELECT customer_name FROM licenses"), Is.EqualTo(["测试 客户+1"]));
    }

    [Test]
    public async Task GetLicense_OrderAgainAfterARestart_ReturnsTheSameBytes()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var first = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        app.Time.Advance(TimeSpan.FromDays(3));

        await app.RestartAsync();
        var again = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        var next = await app.Marketplace.SendAsync(GetLicenseCall.For("CS2"));

        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(app.Check(next.License).License!.StatusListIndex, Is.Not.EqualTo(app.Check(first.License).License!.StatusListIndex));
        Assert.That(app.Check(next.License).License!.CustomerId, Is.EqualTo(app.Check(first.License).License!.CustomerId));
    }

    // What was paid for stays served: neither new products nor a new address change an old answer.
    [Test]
    public async Task GetLicense_OrderAgainAfterTheProductWasRemoved_ReturnsTheSameBytes()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var first = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        await app.RestartAsync([.. LicenseAuthorityApplication.Product(0, "other", "OTHER"), "PublicUrl=https://moved.example.com"]);
        var again = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        var next = await app.Marketplace.SendAsync(GetLicenseCall.For("CS2"));

        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(next.ResultCode, Is.EqualTo("000002"));
    }

    [Test]
    public async Task GetLicense_TestOrderOfAFinishedLicense_BeginsANewRound()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var call = GetLicenseCall.For("CS1").With("testFlag", "1").Without("expireTime").With("expireTime", "20260602000000");
        var first = await app.Marketplace.SendAsync(call);
        app.Time.Advance(TimeSpan.FromDays(20));

        var again = await app.Marketplace.SendAsync(call.With("expireTime", "20270101000000"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.ResultCode, Is.EqualTo("000000"));
            Assert.That(again.InstanceId, Is.EqualTo(first.InstanceId));
            Assert.That(again.License, Is.Not.EqualTo(first.License));
            Assert.That(app.Check(again.License, acceptTests: true).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(app.Check(again.License, acceptTests: true).License!.Generation, Is.EqualTo(2));
            Assert.That(app.Query("SELECT round FROM licenses"), Is.EqualTo([2L]));
        }
    }

    private static byte[] Decode(string part)
    {
        Assert.That(StrictBase64Url.TryDecode(part, out var bytes), Is.True);
        return bytes;
    }

    private static IEnumerable<string> Names(JsonDocument json) => json.RootElement.EnumerateObject().Select(member => member.Name);
}
