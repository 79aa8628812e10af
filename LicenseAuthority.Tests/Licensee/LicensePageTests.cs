using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>The page on which a person turns one file into another, as a browser uses it.</summary>
internal sealed partial class LicensePageTests
{
    private const string Page = "/licensee/activate";

    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:UnknownCodesPerMinute=1000"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase(null, null, "en")]
    [TestCase("zh-CN,zh;q=0.9,en;q=0.8", null, "zh")]
    [TestCase("de-DE,de;q=0.9,zh;q=0.5,en;q=0.4", null, "zh")]
    [TestCase("en-GB", null, "en")]
    [TestCase("zh;q=0, en", null, "en")]
    [TestCase("fr", null, "en")]
    [TestCase("zh-CN", "en", "en")]
    [TestCase("en", "zh", "zh")]
    [TestCase("zh", "klingon", "zh")]
    [TestCase("zh", "en&lang=zh", "zh")]
    public async Task Get_Language_IsTheChosenOneElseTheBrowsers(string? accepted, string? chosen, string language)
    {
        using var response = await GetAsync(accepted, chosen);
        var page = await response.Content.ReadAsStringAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/html; charset=utf-8"));
            Assert.That(response.Content.Headers.ContentLanguage, Is.EqualTo([language]));
            Assert.That(response.Headers.Vary, Is.EqualTo(["Accept-Language"]));
            Assert.That(page, Does.Contain($"<html lang=\"{language}\">").And.Contain(language == "zh" ? "许可文件" : "license file"));
        }
    }

    [Test]
    public async Task Get_Page_HasNoScriptAndAPolicyThatAllowsNone()
    {
        using var response = await GetAsync();
        var page = await response.Content.ReadAsStringAsync();
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        var style = StyleElement().Match(page).Groups[1].Value;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(page, Does.Not.Contain("<script").And.Not.Contain("javascript:").And.Not.Match(" on[a-z]+=").And.Not.Contain("style=").And.Not.Contain("src="));
            Assert.That(policy, Does.StartWith("default-src 'none';").And.Contain("form-action 'self'").And.Contain("frame-ancestors 'none'").And.Contain("base-uri 'none'"));
            Assert.That(policy, Does.Not.Contain("unsafe").And.Not.Contain("script-src"));
            Assert.That(policy, Does.Contain($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'"), "else the browser shows no style");
            Assert.That(response.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(["nosniff"]));
            Assert.That(response.Headers.GetValues("Referrer-Policy"), Is.EqualTo(["no-referrer"]));
            Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
            Assert.That(page, Does.Contain("<form method=\"post\" enctype=\"multipart/form-data\">").And.Contain("type=\"file\" id=\"file\" name=\"file\""));
        }
    }

    [TestCase(GivenState.Active)]
    [TestCase(GivenState.FrozenByOperator)]
    public async Task Post_OldFileOrCode_NewestAsFile(GivenState state)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await Given.LicenseAsync(app, state, renewed: true);
        var newest = await license.CodeAsync();
        var file = await FileOfAsync(app, license);

        foreach (var text in (string[])[license.FirstCode, Wrap(license.FirstCode), "\uFEFF" + license.FirstCode + "\r\n", file])
        {
            using var response = await PostAsync(Encoding.UTF8.GetBytes(text), app: app);
            var answer = await response.Content.ReadAsStringAsync();

            using (Assert.EnterMultipleScope())
            {
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), answer);
                Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/vnd.license-authority.lic"));
                Assert.That(response.Content.Headers.ContentDisposition!.FileName, Is.EqualTo($"{license.Id}.lic"));
                Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
                Assert.That(answer, Does.Contain(newest[..64]).And.Contain("-----BEGIN STATUS LIST-----"));
            }
        }
    }

    // As Notepad and PowerShell save it.
    [Test]
    public async Task Post_FileInUtf16_IsRead()
    {
        var license = await SoldLicense.BuyAsync(_app);
        byte[] bytes = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(license.FirstCode + "\r\n")];

        using var response = await PostAsync(bytes);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("nonsense with blanks", 400, "bad-file")]
    [TestCase("", 400, "bad-file")]
    [TestCase("eyJhbGciOiJFZERTQSJ9.e30.AAAA", 400, "bad-file")]
    [TestCase("forged", 401, "unknown-code")]
    [TestCase("ABC-123_x", 404, "unknown-code")]
    public async Task Post_WhatIsNoCodeOfOurs_ThePageSaysSoWithTheStatus(string text, int status, string code)
    {
        text = text == "forged" ? TestCodes.Valid().Build() : text;

        using var response = await PostAsync(Encoding.UTF8.GetBytes(text));

        await AssertProblemAsync(response, status, code);
    }

    [TestCase(GivenState.Revoked)]
    [TestCase(GivenState.ReleasedByMarketplace)]
    public async Task Post_CodeOfALicenseThatIsOver_410(GivenState state)
    {
        var license = await Given.LicenseAsync(_app, state);

        using var response = await PostAsync(Encoding.UTF8.GetBytes(license.FirstCode));

        await AssertProblemAsync(response, 410, "code-over");
    }

    [Test]
    public async Task Post_InChinese_ThePageSaysItInChinese()
    {
        using var response = await PostAsync(Encoding.UTF8.GetBytes(TestCodes.Valid().Build()), query: "?lang=zh");

        var page = await AssertProblemAsync(response, 401, "unknown-code");
        Assert.That(page, Does.Contain("<html lang=\"zh\">").And.Contain("不是由本服务签发"));
    }

    [Test]
    public async Task Post_FileWithMarkup_NothingOfItIsOnThePage()
    {
        const string Markup = "<script>alert(1)</script>";
        foreach (var language in (string[])["en", "zh"])
        {
            using var response = await PostAsync(Encoding.UTF8.GetBytes(Markup), fileName: "\"><script>alert(2)</script>.lic", query: $"?lang={language}&x=%3Cscript%3E");
            var page = await AssertProblemAsync(response, 400, "bad-file");
            Assert.That(page, Does.Not.Contain("script").And.Not.Contain("alert("));
        }
    }

    [Test]
    public async Task Post_NoFileOrTwo_400()
    {
        using var none = new MultipartFormDataContent { { new StringContent("x"), "other" } };
        using var two = new MultipartFormDataContent { { new StringContent("x"), "file", "a" }, { new StringContent("y"), "file", "b" } };

        using var first = await _app.Client.PostAsync(Page, none);
        using var second = await _app.Client.PostAsync(Page, two);

        await AssertProblemAsync(first, 400, "bad-file");
        await AssertProblemAsync(second, 400, "bad-file");
    }

    [Test]
    public async Task Post_NoMultipartForm_415()
    {
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("file", "x")]);
        using var json = new StringContent("{}", Encoding.UTF8, "application/json");

        using var first = await _app.Client.PostAsync(Page, form);
        using var second = await _app.Client.PostAsync(Page, json);

        await AssertProblemAsync(first, 415, "unsupported-media-type");
        await AssertProblemAsync(second, 415, "unsupported-media-type");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Post_FileOf1Mb_413(bool chunked)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(new byte[1 << 20]), "file", "big.lic" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, Page) { Content = form };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await _app.Client.SendAsync(request);

        await AssertProblemAsync(response, 413, "too-large");
    }

    // As a call's body: the page took ten times as much.
    [Test]
    public async Task Post_RequestLongerThanACallMayBe_413()
    {
        using var response = await PostAsync(Encoding.UTF8.GetBytes("{" + new string(' ', 64 * 1024)), fileName: "device.lareq");

        await AssertProblemAsync(response, 413, "too-large");
    }

    // All of it was "busy", and an outage of the store was no page at all.
    [TestCase("signing", "cannot-sign")]
    [TestCase("outage", "busy")]
    [TestCase("busy", "busy")]
    public async Task Post_CannotBeAnsweredNow_503AsAtEveryDoor(string fault, string code)
    {
        var store = new FaultyActivationStore();
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], store.Replace);
        var license = await SoldLicense.BuyAsync(app);
        var (_, ofDevice) = await new Device(app, "a").PlacedAsync(license.FirstCode);
        store.Fault = fault switch
        {
            "signing" => new SigningException("The key is away."),
            "outage" => new StorageException("The disk is away.") { IsReported = true },
            _ => new StoreBusyException("Too many wait."),
        };

        using var response = await PostAsync(Encoding.UTF8.GetBytes(ofDevice), app: app);

        await AssertProblemAsync(response, 503, code);
    }

    [TestCase("GET", "/.well-known/jwks.json", 200)]
    [TestCase("GET", "/licensee/v1/status-lists/99", 404)]
    [TestCase("GET", Page, 200)]
    [TestCase("POST", Page, 415)]
    [TestCase("POST", "/licensee/v1/refresh", 401)]
    [TestCase("POST", "/licensee/v1/activations", 400)]
    [TestCase("DELETE", "/licensee/v1/activations/act_1", 401)]
    public async Task AnyAnswerOfTheDoor_BrowsersMayNotGuessWhatItIs(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _app.Client.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(["nosniff"]));
    }

    // The handler of faults takes away what was set before.
    [Test]
    public async Task FaultAtTheDoor_BrowsersMayNotGuessWhatItIs()
    {
        var store = new FaultyActivationStore();
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], store.Replace);
        var license = await SoldLicense.BuyAsync(app);
        var (_, ofDevice) = await new Device(app, "a").PlacedAsync(license.FirstCode);
        store.Fault = new InvalidOperationException("A fault that nobody expects.");

        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ofDevice);
        using var response = await app.Client.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(response.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(["nosniff"]));
    }

    [Test]
    public async Task Post_FormThatIsCutOff_400()
    {
        using var content = new ByteArrayContent("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");

        using var response = await _app.Client.PostAsync(Page, content);

        await AssertProblemAsync(response, 400, "bad-file");
    }

    [Test]
    public async Task Post_UnknownCodesTooOften_429AndTheBrowserIsToldWhenToComeAgain()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:UnknownCodesPerMinute=1"]);
        var forged = Encoding.UTF8.GetBytes(TestCodes.Valid().Build());
        using var first = await PostAsync(forged, app: app);

        using var second = await PostAsync(forged, app: app);

        await AssertProblemAsync(first, 401, "unknown-code");
        await AssertProblemAsync(second, 429, "too-many-requests");
        Assert.That(second.Headers.RetryAfter!.Delta, Is.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task Post_CodeTooOften_CountsTogetherWithRefreshes()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:RefreshesPerMinute=2"]);
        var license = await SoldLicense.BuyAsync(app);
        await SoldLicense.FetchCodeAsync(app, license.FirstCode);
        using var served = await PostAsync(Encoding.UTF8.GetBytes(license.FirstCode), app: app);

        using var refused = await PostAsync(Encoding.UTF8.GetBytes(license.FirstCode), app: app);

        Assert.That(served.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await AssertProblemAsync(refused, 429, "too-many-requests");
    }

    // Sixteen of these held the whole door.
    [TestCase(Page, "multipart/form-data; boundary=b", "text/html")]
    [TestCase("/licensee/v1/refresh", "application/json", "application/problem+json")]
    [InCi("it waits for a real limit of the web server")]
    public async Task Post_BodyThatDripsIn_IsAnswered408(string path, string type, string answerType)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _app.Client.BaseAddress!.Port);
        var head = string.Create(CultureInfo.InvariantCulture, $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {type}\r\nContent-Length: 10000\r\n\r\n-");
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));

        using var reader = new StreamReader(socket.GetStream(), Encoding.UTF8);
        var answer = await reader.ReadToEndAsync().WaitAsync(Patience.Length);

        Assert.That(answer, Does.StartWith("HTTP/1.1 408 ").And.Contain($"Content-Type: {answerType}").And.Contain("too-slow").And.Contain("came too slowly"));
    }

    [Test]
    public async Task Post_AnyAnswer_TheCodeIsNotLogged()
    {
        var license = await SoldLicense.BuyAsync(_app);
        using var served = await PostAsync(Encoding.UTF8.GetBytes(license.FirstCode));
        using var refused = await PostAsync(Encoding.UTF8.GetBytes(license.FirstCode[..^8] + "AAAAAAAA"));

        Assert.That(_app.Logs.Lines.Select(line => line.Message + line.Parameters + line.Exception), Has.None.Contains(license.FirstCode.Split('.')[2][..20]));
    }

    private static async Task<string> AssertProblemAsync(HttpResponseMessage response, int status, string code)
    {
        var page = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(status), page);
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/html; charset=utf-8"));
        Assert.That(response.Headers.Contains("Content-Security-Policy"), Is.True);
        Assert.That(page, Does.Contain($"<code>{status} {code}</code>").And.Contain("role=\"alert\"").And.Contain("<form "));
        return page;
    }

    private static async Task<string> FileOfAsync(LicenseAuthorityApplication app, SoldLicense license)
    {
        using var response = await app.AdminAsync($"/admin/v1/licenses/{license.Id}?format=lic");
        return await response.Content.ReadAsStringAsync();
    }

    private static string Wrap(string code) => string.Join("\r\n", code.Chunk(64).Select(line => new string(line)));

    private async Task<HttpResponseMessage> GetAsync(string? accepted = null, string? chosen = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Page + (chosen is null ? "" : "?lang=" + chosen));
        if (accepted is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Language", accepted);
        }

        return await _app.Client.SendAsync(request);
    }

    private async Task<HttpResponseMessage> PostAsync(byte[] file, string fileName = "license.lic", string query = "", LicenseAuthorityApplication? app = null)
    {
        using var form = new MultipartFormDataContent();
        var part = new ByteArrayContent(file);
        part.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"file\"; filename=\"{fileName.Replace("\"", "%22", StringComparison.Ordinal)}\"");
        form.Add(part);
        return await (app ?? _app).Client.PostAsync(Page + query, form);
    }

    [GeneratedRegex("<style>(.*)</style>")]
    private static partial Regex StyleElement();
}
