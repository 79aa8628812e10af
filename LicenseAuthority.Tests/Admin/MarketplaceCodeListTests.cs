using System.Text.Json;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Admin;

/// <summary>A license that was issued for a marketplace code is found by the whole code and shown with its last characters.</summary>
[OnEveryDatabase]
internal sealed class MarketplaceCodeListTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task CodesOfOneOrder_AreLicensesOfTheirOwn()
    {
        var first = await IssueAsync("PL-FIRST-1111", "CS1");
        var second = await IssueAsync("PL-SECOND-2222", "CS1");
        var again = await IssueAsync("PL-FIRST-1111", "CS1");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(second, Is.Not.EqualTo(first));
            Assert.That(again, Is.EqualTo(first));
            Assert.That(await _app.Admin.ListIdsAsync("licenses?orderId=CS1"), Is.EquivalentTo([first, second]));
        }
    }

    [Test]
    public async Task List_ByTheWholeCode_ThatLicenseAlone()
    {
        await IssueAsync("PL-OTHER-1111", "CS1");
        var license = await IssueAsync("PL-SECRET-4711", "CS1");
        var plain = await SoldLicense.BuyAsync(_app);

        var found = (await _app.Admin.ListAsync("licenses?marketplaceCode=PL-SECRET-4711")).Single();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(found.GetProperty("id").GetString(), Is.EqualTo(license));
            Assert.That(found.GetProperty("marketplaceCode").GetRawText(), Is.EqualTo("""{"last4":"4711"}"""));
            Assert.That(found.GetProperty("orders").EnumerateArray().Single().GetProperty("orderLineId").GetString(), Is.Empty);
            Assert.That(await _app.Admin.ListIdsAsync("licenses?marketplaceCode=%20PL-SECRET-4711%20"), Is.EqualTo([license]), "copied with blanks");
            Assert.That(await _app.Admin.ListIdsAsync("licenses?marketplaceCode=PL-SECRET-4712"), Is.Empty);
            Assert.That(await _app.Admin.ListIdsAsync("licenses?marketplaceCode=4711"), Is.Empty);
            Assert.That((await plain.ShowAsync()).GetProperty("marketplaceCode").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That((await _app.Admin.PostAsync($"licenses/{license}/freeze", "a test")).Json.GetProperty("marketplaceCode").GetProperty("last4").GetString(), Is.EqualTo("4711"));
            Assert.That(_app.Logs.Lines.Select(line => line.Message + line.Parameters + line.Exception), Has.None.Contains("PL-SECRET"));
        }
    }

    [TestCase("PL.1")]
    [TestCase("a%20b")]
    [TestCase("01234567890123456789012345678901234567890123456789012345678901234")]
    public async Task List_NoCode_400ThatDoesNotRepeatIt(string code)
    {
        using var response = await _app.AdminAsync($"/admin/v1/licenses?marketplaceCode={code}");
        var reply = await AdminReply.ReadAsync(response);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Code, Is.EqualTo("bad-query"));
            Assert.That(reply.Detail, Does.Contain("marketplaceCode").And.Not.Contain(Uri.UnescapeDataString(code)));
        }
    }

    private Task<string> IssueAsync(string text, string orderId) => new SoldCode(_app, text).IssueAsync(orderId: orderId);
}
