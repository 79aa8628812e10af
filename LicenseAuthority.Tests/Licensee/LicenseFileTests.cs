using System.Net;
using System.Net.Http.Headers;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>The same answers as files, for machines without a network.</summary>
[OnEveryDatabase]
internal sealed class LicenseFileTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Refresh_AsFile_IsTheNewestCodeAndItsListToBeSaved()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(100));

        using var response = await RefreshAsync(license.FirstCode, "?format=lic");
        var file = await response.Content.ReadAsStringAsync();

        AssertFile(response, file, license);
        Assert.That(Block(file, "LICENSE CODE"), Is.EqualTo(await license.CodeAsync()).And.Not.EqualTo(license.FirstCode));
        Assert.That(ListOf(file).GetStatus(Code(Block(file, "LICENSE CODE")).StatusListIndex!.Value), Is.EqualTo(LicenseStatus.Valid));
    }

    // By one file a machine without a network learns it.
    [TestCase(GivenState.Revoked)]
    [TestCase(GivenState.ReleasedByMarketplace)]
    public async Task Refresh_AsFileOfALicenseThatIsOver_IsTheCodeShownAndTheListThatSaysSo(GivenState state)
    {
        var license = await Given.LicenseAsync(_app, state);
        await _app.PublishListsAsync();

        using var response = await RefreshAsync(license.FirstCode, "?format=lic");
        var file = await response.Content.ReadAsStringAsync();

        AssertFile(response, file, license);
        Assert.That(Block(file, "LICENSE CODE"), Is.EqualTo(license.FirstCode));
        Assert.That(ListOf(file).GetStatus(Code(license.FirstCode).StatusListIndex!.Value), Is.EqualTo(LicenseStatus.Invalid));
    }

    [Test]
    public async Task Refresh_AsFileWithoutACode_IsTheSameProblemAsElsewhere()
    {
        using var response = await RefreshAsync("a.b.c", "?format=lic");

        Assert.That((await AdminReply.ReadAsync(response)).Code, Is.EqualTo("unknown-code"));
    }

    [Test]
    public async Task Admin_LicenseAsFile_IsTheNewestCodeAndItsList()
    {
        var license = await SoldLicense.BuyAsync(_app);

        using var response = await _app.AdminAsync($"/admin/v1/licenses/{license.Id}?format=lic");
        var file = await response.Content.ReadAsStringAsync();

        AssertFile(response, file, license);
        Assert.That(Block(file, "LICENSE CODE"), Is.EqualTo(license.FirstCode));
        Assert.That(ListOf(file).Uri, Is.EqualTo(Code(license.FirstCode).StatusListUri));
    }

    [TestCase("?format=json")]
    [TestCase("?format=")]
    [TestCase("?format=lic&format=lic")]
    public async Task AnyDoor_FormatThatIsNone_400(string query)
    {
        var license = await SoldLicense.BuyAsync(_app);

        using var refreshed = await RefreshAsync(license.FirstCode, query);
        var shown = await _app.Admin.GetAsync($"licenses/{license.Id}{query}");

        Assert.That((await AdminReply.ReadAsync(refreshed)).ToString(), Does.StartWith("400 ").And.Contain("bad-query").And.Contain("lic"));
        Assert.That((shown.Status, shown.Code), Is.EqualTo((HttpStatusCode.BadRequest, "bad-query")));
    }

    private static void AssertFile(HttpResponseMessage response, string file, SoldLicense license)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), file);
            Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/vnd.license-authority.lic"));
            Assert.That(response.Content.Headers.ContentDisposition!.DispositionType, Is.EqualTo("attachment"));
            Assert.That(response.Content.Headers.ContentDisposition.FileName, Is.EqualTo($"{license.Id}.lic"));
            Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
            Assert.That(file.Split('\n'), Has.All.Length.LessThanOrEqualTo(64));
        }
    }

    private static string Block(string file, string label)
    {
        var lines = file.Split('\n');
        var begin = Array.IndexOf(lines, $"-----BEGIN {label}-----");
        var end = Array.IndexOf(lines, $"-----END {label}-----");
        Assert.That((begin >= 0, end > begin), Is.EqualTo((true, true)), file);
        return string.Concat(lines[(begin + 1)..end]);
    }

    private static LicenseStatusList ListOf(string file) => Verifier().CheckStatusList(Block(file, "STATUS LIST")).List!;

    private static LicenseCode Code(string code) => Verifier().Check(code).License!;

    private static LicenseVerifier Verifier() => new(LicenseAuthorityApplication.RootLines, TestCodes.Product);

    private async Task<HttpResponseMessage> RefreshAsync(string code, string query)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh" + query);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", code);
        return await _app.Client.SendAsync(request);
    }
}
