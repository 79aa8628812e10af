using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>Which product an order is for, and what the product puts into its codes.</summary>
[OnEveryDatabase]
internal sealed class GetLicenseProductTests
{
    private static readonly string[] Products =
    [
        .. LicenseAuthorityApplication.Product(0, "editor", "EDITOR-YEAR", "MarketplaceProductIds:1=EDITOR-MONTH"),
        .. LicenseAuthorityApplication.Product(
            1,
            "suite",
            "SUITE",
            "IncludeCustomerName=true",
            "Entitlements:edition=pro",
            "Entitlements:seats=50",
            "Entitlements:debt=-3",
            "Entitlements:largest=9223372036854775807",
            "Entitlements:export=true",
            "Entitlements:import=False",
            "Entitlements:version=2.0",
            "Entitlements:名称=数据 \"pro\"",
            "Entitlements:modules:0=base",
            "Entitlements:modules:1=charts",
            "Entitlements:modules:10=last",
            "Entitlements:modules:2=maps"),
    ];

    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(Products);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("EDITOR-YEAR", "editor")]
    [TestCase("EDITOR-MONTH", "editor")]
    [TestCase("SUITE", "suite")]
    public async Task GetLicense_KnownProduct_NamesItAsAudience(string productId, string product)
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-KNOWN").With("productId", productId));

        Assert.That(_app.Check(reply.License, product).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(_app.Check(reply.License, "another").Outcome, Is.EqualTo(LicenseOutcome.WrongProduct));
    }

    [TestCase("UNKNOWN")]
    [TestCase("editor-year")]
    [TestCase("editor")]
    [TestCase("*")]
    public async Task GetLicense_UnknownProduct_IsABadParameterAndMakesNoLicense(string productId)
    {
        var rows = _app.Query("SELECT COUNT(*) FROM licenses").Single();

        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-UNKNOWN").With("productId", productId));

        Assert.That(reply.ResultCode, Is.EqualTo("000002"));
        Assert.That(reply.ResultMessage, Does.Contain("productId").And.Contain($"'{productId}'"));
        Assert.That(reply.License, Is.Null);
        Assert.That(reply.InstanceId, Is.Null);
        Assert.That(_app.Query("SELECT COUNT(*) FROM licenses").Single(), Is.EqualTo(rows), "only the trace of a refused order is kept");
    }

    [Test]
    public async Task GetLicense_ExactIdAndStar_ExactIdWins()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            [.. LicenseAuthorityApplication.Product(0, "all", "*"), .. LicenseAuthorityApplication.Product(1, "exact", "EXACT")]);

        var exact = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("productId", "EXACT"));
        var other = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("productId", "OTHER"));

        Assert.That(app.Check(exact.License, "exact").Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(app.Check(other.License, "all").Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public async Task GetLicense_Entitlements_ReachTheCodeInTheirKinds()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-ENT").With("productId", "SUITE"));

        var granted = _app.Check(reply.License, "suite").License!.Entitlements;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(granted.TryGetString("edition", out var edition) ? edition : null, Is.EqualTo("pro"));
            Assert.That(granted.TryGetInt64("seats", out var seats) ? seats : 0, Is.EqualTo(50));
            Assert.That(granted.TryGetInt64("debt", out var debt) ? debt : 0, Is.EqualTo(-3));
            Assert.That(granted.TryGetInt64("largest", out var largest) ? largest : 0, Is.EqualTo(long.MaxValue));
            Assert.That(granted.TryGetBoolean("export", out var export) && export, Is.True);
            Assert.That(granted.TryGetBoolean("import", out var import) && !import, Is.True);
            Assert.That(granted.TryGetString("version", out var version) ? version : null, Is.EqualTo("2.0"));
            Assert.That(granted.TryGetString("名称", out var name) ? name : null, Is.EqualTo("数据 \"pro\""));
            Assert.That(granted.TryGetStrings("modules", out var modules) ? modules : null, Is.EqualTo(["base", "charts", "maps", "last"]));
            Assert.That(granted.Names, Has.Count.EqualTo(9));
        }
    }

    // The same object for people as in the code.
    [Test]
    public async Task GetLicense_Entitlements_AreStoredAndShownAlike()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-SHOWN").With("productId", "SUITE"));

        using var response = await _app.AdminAsync($"/admin/v1/licenses/{reply.InstanceId}");
        var shown = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("entitlements");
        var stored = JsonElement.Parse((string)_app.Query($"SELECT entitlements FROM licenses WHERE id = '{reply.InstanceId}'").Single());
        Assert.That(JsonElement.DeepEquals(shown, stored), Is.True);
        Assert.That(shown.GetProperty("modules").GetArrayLength(), Is.EqualTo(4));
    }

    [TestCase("SUITE", "suite", "测试 客户+1", "测试 客户+1")]
    [TestCase("SUITE", "suite", "A \"B\" <C> \\ \U0001F511 & Söhne", "A \"B\" <C> \\ \U0001F511 & Söhne")]
    [TestCase("SUITE", "suite", "tab\tand\u0085more", "tab\tand\u0085more")]
    [TestCase("SUITE", "suite", "zero\0zero", "zero\uFFFDzero")]
    [TestCase("SUITE", "suite", "", null)]
    [TestCase("SUITE", "suite", "\U0001F511\"\U0001F511\n\U0010FFFF", "\U0001F511\"\U0001F511\n\U0010FFFF")]
    [TestCase("EDITOR-YEAR", "editor", "测试", null)]
    public async Task GetLicense_CustomerName_IsInTheCodeOnlyWhereTheProductAsks(string productId, string product, string name, string? expected)
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For($"CS-NAME-{name.Length}").With("productId", productId).With("customerName", name));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        var check = _app.Check(reply.License, product);
        Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(check.License!.CustomerName, Is.EqualTo(expected));
    }

    [TestCase(null, 1)]
    [TestCase("", 1)]
    [TestCase("1", 1)]
    [TestCase("007", 7)]
    [TestCase("9999999", 9_999_999)]
    public async Task GetLicense_Amount_IsTheQuantity(string? amount, int quantity)
    {
        var call = GetLicenseCall.For($"CS-AMOUNT-{amount ?? "none"}").With("productId", "SUITE");

        var reply = await _app.Marketplace.SendAsync(amount is null ? call.Without("amount") : call.With("amount", amount));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(_app.Check(reply.License, "suite").License!.Quantity, Is.EqualTo(quantity));
    }
}
