using System.Net;
using System.Text.Json;
using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Admin;

[OnEveryDatabase]
internal sealed class AdminApiTests
{
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task GetLicense_Known_ShowsAllFacts()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        using var response = await _app.AdminAsync($"/admin/v1/licenses/{reply.InstanceId}");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        var customerId = _app.Check(reply.License).License!.CustomerId;
        var expected = $$"""
            {
              "id": "{{reply.InstanceId}}",
              "product": "demo-product",
              "state": "Active",
              "test": false,
              "trial": false,
              "account": "default",
              "customer": { "id": "{{customerId}}", "marketplaceCustomerId": "c0ffee00c0ffee00c0ffee00c0ffee00", "name": "Example Company" },
              "orders": [ { "orderId": "CS1", "orderLineId": "", "productId": "OFFI000000000000000001", "scene": "NEW", "receivedAt": "2026-06-01T00:00:00Z" } ],
              "quantity": 5,
              "entitlements": {},
              "issuedAt": "2026-06-01T00:00:00Z",
              "startsAt": "2026-06-01T00:00:00Z",
              "expiresAt": "2027-06-01T15:59:59Z",
              "endsAt": "2027-06-01T15:59:59Z",
              "graceEndsAt": "2027-06-16T15:59:59Z",
              "expiredByMarketplaceAt": null,
              "holds": { "marketplace": null, "admin": null },
              "releasedAt": null,
              "revokedAt": null,
              "code": "{{reply.License}}",
              "generation": 1,
              "marketplaceCode": null
            }
            """;
        Assert.That(await CanonicalAsync(response), Is.EqualTo(Canonical(expected)));
    }

    // A license was shown as Frozen, and nothing told by whom: an unfreeze seemed to be broken.
    [Test]
    public async Task GetLicense_FrozenTwice_ShowsWhoFrozeIt()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.CommandAsync("freeze", "payment under review");
        var held = await license.ShowAsync();
        await license.ExpireAsync();
        var both = await license.ShowAsync();
        await license.CommandAsync("unfreeze");
        var expired = await license.ShowAsync();
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(20));
        var renewed = await license.ShowAsync();

        const string Hold = """{"marketplace":null,"admin":{"since":"2026-06-01T00:00:00Z","reason":"payment under review"}}""";
        const string NoHold = """{"marketplace":null,"admin":null}""";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(HoldsAndExpiry(held), Is.EqualTo((Hold, (string?)null)));
            Assert.That(HoldsAndExpiry(both), Is.EqualTo((Hold, "2026-06-01T00:00:00Z")));
            Assert.That(HoldsAndExpiry(expired), Is.EqualTo((NoHold, "2026-06-01T00:00:00Z")));
            Assert.That(expired.GetProperty("state").GetString(), Is.EqualTo("Frozen"));
            Assert.That(HoldsAndExpiry(renewed), Is.EqualTo((NoHold, (string?)null)));
        }

        static (string Holds, string? ExpiredAt) HoldsAndExpiry(JsonElement license) =>
            (license.GetProperty("holds").GetRawText(), license.GetProperty("expiredByMarketplaceAt").GetString());
    }

    // An answer that holds a license code must not be kept on the way.
    [Test]
    public async Task GetLicense_Known_MustNotBeCached()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        using var response = await _app.AdminAsync($"/admin/v1/licenses/{reply.InstanceId}");

        Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
    }

    [TestCase("lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB")]
    [TestCase("lic_")]
    [TestCase("1")]
    [TestCase("null")]
    [TestCase("%27%20OR%201=1")]
    [TestCase("%E6%B5%8B")]
    [TestCase("..%2F..%2Fetc")]
    public async Task GetLicense_UnknownId_IsAProblem(string id)
    {
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        await AssertProblemAsync(await _app.AdminAsync($"/admin/v1/licenses/{id}"), HttpStatusCode.NotFound, "license-not-found");
    }

    [Test]
    public async Task GetLicense_IdInOtherCase_IsAProblem()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        await AssertProblemAsync(
            await _app.AdminAsync($"/admin/v1/licenses/{reply.InstanceId!.ToLowerInvariant()}"), HttpStatusCode.NotFound, "license-not-found");
    }

    [TestCase("/admin/v1/nothing")]
    [TestCase("/nothing")]
    public async Task Get_UnknownPath_IsAProblem(string path) =>
        await AssertProblemAsync(await _app.AdminAsync(path), HttpStatusCode.NotFound, "not-found");

    [TestCase(null)]
    [TestCase("wrong")]
    [TestCase("ADMIN-KEY-FOR-TESTS-0123456789-0123456789")]
    [TestCase(LicenseAuthorityApplication.AdminKey + "x")]
    [TestCase(LicenseAuthorityApplication.DemoAccessKey)]
    public async Task GetLicense_WrongKey_IsUnauthorized(string? key)
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        using var response = await _app.AdminAsync($"/admin/v1/licenses/{reply.InstanceId}", key);

        Assert.That(response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
        await AssertProblemAsync(response, HttpStatusCode.Unauthorized, "unauthorized");
    }

    [TestCase("Basic")]
    [TestCase("Bearer-")]
    public async Task GetLicense_OtherScheme_IsUnauthorized(string scheme)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/v1/licenses/1");
        request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {LicenseAuthorityApplication.AdminKey}");

        await AssertProblemAsync(await _app.Client.SendAsync(request), HttpStatusCode.Unauthorized, "unauthorized");
    }

    [TestCase("bearer ")]
    [TestCase("Bearer   ")]
    public async Task GetLicense_SchemeSpelledDifferently_IsLetIn(string scheme)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/v1/licenses/1");
        request.Headers.TryAddWithoutValidation("Authorization", scheme + LicenseAuthorityApplication.AdminKey);

        await AssertProblemAsync(await _app.Client.SendAsync(request), HttpStatusCode.NotFound, "license-not-found");
    }

    [Test]
    public async Task GetLicense_OtherMethod_IsAProblem()
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/admin/v1/licenses/1");

        await AssertProblemAsync(await _app.Client.SendAsync(request), HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }

    // Busy is said as busy, so that a back office tries again.
    [Test]
    public async Task GetLicense_StoreIsBusy_IsServiceUnavailable() => await AssertFaultAsync(
        () => new StoreBusyException("Another program holds a lock on a path that is nobody's business"), HttpStatusCode.ServiceUnavailable, "busy");

    [Test]
    public async Task GetLicense_UnexpectedException_ShowsNoInternals([Values("Development", "Production")] string environment) => await AssertFaultAsync(
        () => new InvalidOperationException("something that is nobody's business"), HttpStatusCode.InternalServerError, "internal-error", environment);

    private static async Task AssertFaultAsync(Func<Exception> create, HttpStatusCode status, string code, string environment = "Development")
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            [
                $"environment={environment}",
                "Marketplace:AccessKeys:0=any",
                $"Keys:Passphrase={KeyFiles.ProductionPassphrase}",
                .. LicenseAuthorityApplication.Product(0, "editor", "*"),
            ],
            builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseQueries>(new FailingQueries(create))),
            KeyFiles.Production);

        using var response = await app.AdminAsync("/admin/v1/licenses/1");

        Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("nobody's business").And.Not.Contain("xception"));
        await AssertProblemAsync(response, status, code);
        Assert.That(app.Logs.Lines.Select(line => line.Message + line.Exception?.Message), Has.Some.Contains("nobody's business"), "the log has it");
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.That(response.StatusCode, Is.EqualTo(status), text);
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
            using var problem = JsonDocument.Parse(text);
            Assert.That(problem.RootElement.GetProperty("code").GetString(), Is.EqualTo(code));
            Assert.That(problem.RootElement.GetProperty("status").GetInt32(), Is.EqualTo((int)status));
        }
    }

    private static async Task<string> CanonicalAsync(HttpResponseMessage response) => Canonical(await response.Content.ReadAsStringAsync());

    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document, JsonSerializerOptions.Web);
    }
}
