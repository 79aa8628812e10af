using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>Devices without a network: a request as a file, and what comes back as one, at every door that takes it.</summary>
[OnEveryDatabase]
internal sealed class ActivationFileTests
{
    private const string Page = "/licensee/activate";
    private const string Fingerprint = "board-1";

    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("page")]
    [TestCase("licensee")]
    [TestCase("operator")]
    public async Task Activate_ByFile_IsTheCodeOfTheDeviceWithItsList(string door)
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);

        using var response = await ActivateAsync(door, Request(license.FirstCode));

        var file = LicenseFile.Parse(await response.Content.ReadAsStringAsync());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/vnd.license-authority.lic"));
            Assert.That(response.Content.Headers.ContentDisposition!.FileName, Does.StartWith("act_").And.EndsWith(".lic"), "the files of two devices have the same name");
            Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
            Assert.That(Check(file, Fingerprint).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(Check(file, "board-2").Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
            Assert.That(Check(file, Fingerprint).StatusUnknownSince, Is.Null, "the list is in the file, and is the code's");
        }
    }

    // Editors on Windows write a byte order mark; the page took such a file, and the doors refused it as no JSON.
    [TestCase("page")]
    [TestCase("licensee")]
    [TestCase("operator")]
    public async Task Activate_FileBeginsWithAByteOrderMark_IsTheSameRequest(string door)
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);

        using var response = await ActivateAsync(door, "\uFEFF" + Request(license.FirstCode));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Activate_SameFileAtEachDoor_IsOnePlaceAndOneCode()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var codes = new List<string?>();
        foreach (var door in (string[])["page", "licensee", "operator", "page"])
        {
            using var response = await ActivateAsync(door, Request(license.FirstCode));
            codes.Add(LicenseFile.Parse(await response.Content.ReadAsStringAsync()).GetCode());
        }

        Assert.That(codes.Distinct().Count(), Is.EqualTo(1));
        Assert.That(codes[0], Is.Not.Null);
    }

    // By its own code, an old one too: after a renewal the device gets a new one of its own, on the page as with a network.
    [TestCase(true)]
    [TestCase(false)]
    public async Task Page_FileOfADeviceAfterARenewal_NewestCodeOfThatDevice(bool bare)
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 2);
        using var activated = await ActivateAsync("page", Request(license.FirstCode));
        var old = await activated.Content.ReadAsStringAsync();
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(100));

        using var response = await UploadAsync(bare ? LicenseFile.Parse(old).GetCode()! : old);
        var file = LicenseFile.Parse(await response.Content.ReadAsStringAsync());
        var refreshed = await SoldLicense.FetchCodeAsync(_app, LicenseFile.Parse(old).GetCode()!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(file.GetCode(), Is.Not.Null.And.Not.EqualTo(LicenseFile.Parse(old).GetCode()));
            Assert.That(Check(file, Fingerprint).License!.ExpiresAt, Is.GreaterThan(Check(LicenseFile.Parse(old), Fingerprint).License!.ExpiresAt!.Value));
            Assert.That(Check(file, "board-2").Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
            Assert.That(refreshed.Json.GetProperty("code").GetString(), Is.EqualTo(file.GetCode()), "the same as with a network");
        }
    }

    [Test]
    public async Task Page_NoPlaceLeft_409AndShowsWhoHasThemEncoded()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        using var first = await ActivateAsync("page", Request(license.FirstCode, name: "<b>Anna's</b> 电脑"));

        foreach (var language in (string[])["en", "zh"])
        {
            using var response = await UploadAsync(Request(license.FirstCode, "board-2"), $"?lang={language}");
            var page = await response.Content.ReadAsStringAsync();

            using (Assert.EnterMultipleScope())
            {
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
                Assert.That(page, Does.Contain("<code>409 no-seat-left</code>").And.Contain("电脑").And.Contain("&lt;b&gt;Anna").And.Not.Contain("<b>"));
            }
        }
    }

    [TestCase("{", 400, "bad-json")]
    [TestCase("{}", 400, "bad-request")]
    [TestCase("""{"code":"x","product":"demo-product","device":{"fingerprint":[]}}""", 400, "bad-device")]
    [TestCase("""{"code":"x","product":"demo-product","device":{"fingerprint":["a","b","c"],"match":1}}""", 422, "bad-match")]
    [TestCase("""{"code":"x","product":"demo-product","device":{"fingerprint":"a"},"lease":0}""", 400, "bad-lease")]
    [TestCase("""{"code":"no.such.code","product":"demo-product","device":{"fingerprint":"a"}}""", 401, "unknown-code")]
    [TestCase("""{"code":"ABC-1","product":"demo-product","device":{"fingerprint":"a"}}""", 404, "unknown-code")]
    [TestCase("""{"code":"CODE","product":"other","device":{"fingerprint":"a"}}""", 403, "wrong-product")]
    public async Task AnyDoor_BadRequest_SameStatusAndCode(string request, int status, string code)
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        request = request.Replace("CODE", license.FirstCode, StringComparison.Ordinal);

        using var byPage = await UploadAsync(request);
        using var byLicensee = await ActivateAsync("licensee", request);
        using var byOperator = await ActivateAsync("operator", request);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((int)byPage.StatusCode, Is.EqualTo(status));
            Assert.That(await byPage.Content.ReadAsStringAsync(), Does.Contain($"<code>{status} {code}</code>"));
            foreach (var response in (HttpResponseMessage[])[byLicensee, byOperator])
            {
                var reply = await AdminReply.ReadAsync(response);
                Assert.That(((int)reply.Status, reply.Code), Is.EqualTo((status, code)));
            }
        }
    }

    // Eight fingerprints of a thousand characters each, in the longest spelling that JSON has.
    [Test]
    public async Task AnyDoor_LongestFingerprints_AreTaken()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var fingerprints = string.Join(',', Enumerable.Range(0, 8).Select(number => $"\"{number}{string.Concat(Enumerable.Repeat("\\u673a", 1023))}\""));
        var request = $$$"""{"code":"{{{license.FirstCode}}}","product":"demo-product","device":{"fingerprint":[{{{fingerprints}}}]}}""";

        using var byPage = await UploadAsync(request);
        using var byLicensee = await ActivateAsync("licensee", request);

        Assert.That((byPage.StatusCode, byLicensee.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    [Test]
    public async Task Operator_FileOfADevice_IsItsNewestCodeAlsoWhenItsPlaceWasGivenUp()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        using var activated = await ActivateAsync("operator", Request(license.FirstCode), format: "");
        var answer = (await AdminReply.ReadAsync(activated)).Json;
        var path = $"/admin/v1/licenses/{license.Id}/activations/{answer.GetProperty("id").GetString()}";

        using var living = await _app.AdminAsync(path + "?format=lic");
        var shown = await _app.Admin.GetAsync(path["/admin/v1/".Length..]);
        using var free = await SendAsync(HttpMethod.Delete, path, LicenseAuthorityApplication.AdminKey, content: null);
        using var freed = await _app.AdminAsync(path + "?format=lic");
        using var none = await _app.AdminAsync(path + "0");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(LicenseFile.Parse(await living.Content.ReadAsStringAsync()).GetCode(), Is.EqualTo(answer.GetProperty("code").GetString()));
            Assert.That(shown.Json.GetProperty("id").GetString(), Is.EqualTo(answer.GetProperty("id").GetString()));
            Assert.That(free.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That(LicenseFile.Parse(await freed.Content.ReadAsStringAsync()).GetCode(), Is.EqualTo(answer.GetProperty("code").GetString()));
            Assert.That((await AdminReply.ReadAsync(none)).Code, Is.EqualTo("activation-not-found"));
        }
    }

    [Test]
    public async Task Page_CodeOfADeviceThatGaveUpItsPlace_410()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        using var activated = await ActivateAsync("licensee", Request(license.FirstCode), format: "");
        var answer = (await AdminReply.ReadAsync(activated)).Json;
        var code = answer.GetProperty("code").GetString()!;
        using var free = await SendAsync(HttpMethod.Delete, $"/licensee/v1/activations/{answer.GetProperty("id").GetString()}", code, content: null);

        using var response = await UploadAsync(code);

        Assert.That(free.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Gone));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("<code>410 device-freed</code>"));
    }

    // 200 machines start at eight: one of them, or who has the license's own code, gone wild is not felt by the others.
    [Test]
    public async Task Refresh_EachDevice_HasALimitOfItsOwn()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:RefreshesPerMinute=3"]);
        var license = await SoldLicense.BuyAsync(app, purchase => purchase.With("amount", "5"));
        var devices = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            using var content = new StringContent(Request(license.FirstCode, $"board-{i}"), Encoding.UTF8, "application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/activations") { Content = content };
            using var response = await app.Client.SendAsync(request);
            devices.Add((await AdminReply.ReadAsync(response)).Json.GetProperty("code").GetString()!);
        }

        // The three activations were all that the unbound codes have in this minute.
        var unbound = await SoldLicense.FetchCodeAsync(app, license.FirstCode);
        var statuses = new List<HttpStatusCode>();
        foreach (var code in (string[])[devices[0], devices[0], devices[0], devices[0], devices[1], devices[2]])
        {
            statuses.Add((await SoldLicense.FetchCodeAsync(app, code)).Status);
        }

        HttpStatusCode[] expected =
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK, HttpStatusCode.OK];
        Assert.That(unbound.Status, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(statuses, Is.EqualTo(expected));
    }

    [Test]
    public async Task Operator_UnknownCodes_AreNotLimited()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:UnknownCodesPerMinute=1"]);
        for (var i = 0; i < 3; i++)
        {
            using var content = new StringContent(Request("no.such.code"), Encoding.UTF8, "application/json");
            var reply = await app.Admin.PostAsync("activations", content);

            Assert.That((reply.Status, reply.Code), Is.EqualTo((HttpStatusCode.Unauthorized, "unknown-code")));
        }
    }

    private static string Request(string code, string fingerprint = Fingerprint, string? name = null) =>
        JsonSerializer.Serialize(new { code, product = "demo-product", device = new { fingerprint, name } });

    private LicenseCheck Check(LicenseFile file, string fingerprint)
    {
        var verifier = new LicenseVerifier(LicenseAuthorityApplication.RootLines, "demo-product", new LicenseVerifierOptions { TimeProvider = _app.Time });
        return verifier.Check(file.GetCode(), verifier.CheckStatusList(file.GetStatusList()).List, [fingerprint]);
    }


    private async Task<HttpResponseMessage> ActivateAsync(string door, string request, string format = "?format=lic")
    {
        if (door == "page")
        {
            return await UploadAsync(request);
        }

        using var content = new StringContent(request, Encoding.UTF8, "application/json");
        return door == "licensee"
            ? await SendAsync(HttpMethod.Post, "/licensee/v1/activations" + format, key: null, content)
            : await SendAsync(HttpMethod.Post, "/admin/v1/activations" + format, LicenseAuthorityApplication.AdminKey, content);
    }

    private async Task<HttpResponseMessage> UploadAsync(string text, string query = "")
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes(text)), "file", "some.lareq" } };
        return await SendAsync(HttpMethod.Post, Page + query, key: null, form);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return await _app.Client.SendAsync(request);
    }
}
