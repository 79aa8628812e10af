using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>Licensed software shows a code that it holds and gets the newest one of the same license.</summary>
[OnEveryDatabase]
internal sealed class RefreshTests
{
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase(GivenState.Active, "Active")]
    [TestCase(GivenState.FrozenByExpireCall, "Frozen")]
    [TestCase(GivenState.FrozenByClock, "Frozen")]
    [TestCase(GivenState.FrozenByOperator, "Frozen")]
    [TestCase(GivenState.ReleasedByClock, "Released")]
    [TestCase(GivenState.ReleasedByMarketplace, "Released")]
    [TestCase(GivenState.Revoked, "Revoked")]
    public async Task Refresh_AnyCodeOfALicenseInAnyState_NewestCodeAndState(GivenState given, string state)
    {
        var license = await Given.LicenseAsync(_app, given, renewed: true);
        var newest = await license.CodeAsync();

        var byOld = await SoldLicense.FetchCodeAsync(_app, license.FirstCode);
        var byNewest = await SoldLicense.FetchCodeAsync(_app, newest);
        string[] members = ["code", "state", "statusList"];
        var isOver = state is "Released" or "Revoked";

        using (Assert.EnterMultipleScope())
        {
            Assert.That(byOld.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(byOld.Json.EnumerateObject().Select(member => member.Name), Is.EqualTo(members));
            Assert.That(byOld.Json.GetProperty("code").GetString(), isOver ? Is.Null : Is.EqualTo(newest).And.Not.EqualTo(license.FirstCode), "of a license that is over no code");
            Assert.That(byOld.Json.GetProperty("state").GetString(), Is.EqualTo(state));
            Assert.That(byNewest.Json.GetProperty("code").GetRawText(), Is.EqualTo(byOld.Json.GetProperty("code").GetRawText()));
            Assert.That(byNewest.Json.GetProperty("state").GetString(), Is.EqualTo(state));
        }
    }

    // A code that was kept as a mail program had wrapped it was answered 401: unknown.
    [TestCase(" ")]
    [TestCase("\t")]
    [TestCase("  \t ")]
    public async Task Refresh_WhiteSpaceInsideTheCode_DoesNotCount(string whiteSpace)
    {
        var code = (await SoldLicense.BuyAsync(_app)).FirstCode;
        var wrapped = string.Join(whiteSpace, code.Chunk(64).Select(line => new string(line)));

        var reply = await SoldLicense.FetchCodeAsync(_app, wrapped);

        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(reply.Json.GetProperty("code").GetString(), Is.EqualTo(code));
    }

    [Test]
    public async Task Refresh_TwoLicensesOfOneCustomer_EachTellsOnlyOfItself()
    {
        var first = await SoldLicense.BuyAsync(_app);
        var second = await SoldLicense.BuyAsync(_app);

        var reply = await SoldLicense.FetchCodeAsync(_app, first.FirstCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Json.GetProperty("code").GetString(), Is.EqualTo(first.FirstCode));
            Assert.That(reply.Json.GetRawText(), Does.Not.Contain(second.FirstCode));
        }
    }

    [TestCase("unknown")]
    [TestCase("tampered signature")]
    [TestCase("tampered payload")]
    [TestCase("padded")]
    [TestCase("cut")]
    [TestCase("quoted")]
    [TestCase("comma inside")]
    [TestCase("license id that a database refuses")]
    [TestCase("issued by another authority")]
    [TestCase("empty")]
    [TestCase("very long")]
    public async Task Refresh_CodeThatWasNotIssuedInThisSpelling_401AndOneAnswerForAll(string what)
    {
        var code = (await SoldLicense.BuyAsync(_app)).FirstCode;
        await using var other = what == "issued by another authority" ? await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]) : null;
        var shown = what switch
        {
            "unknown" => "eyJhbGciOiJFZERTQSJ9.e30.AAAA",
            "tampered signature" => code[..^10] + (code[^10] == 'A' ? 'B' : 'A') + code[^9..],
            "tampered payload" => code[..300] + (code[300] == 'A' ? 'B' : 'A') + code[301..],
            "padded" => code + "==",
            "cut" => code[..^1],
            "quoted" => $"\"{code}\"",
            "comma inside" => code.Insert(100, ","),
            "license id that a database refuses" => $"e30.{Base64Url.EncodeToString("""{"sub":"lic_\u0000","gen":1}"""u8)}.{code.Split('.')[2]}",
            "issued by another authority" => (await SoldLicense.BuyAsync(other!)).FirstCode,
            "very long" => new string('a', 20_000),
            _ => "",
        };

        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + shown);
        using var response = await _app.Client.SendAsync(request);
        var reply = await AdminReply.ReadAsync(response);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(reply.Code, Is.EqualTo("unknown-code"));
            Assert.That(reply.Detail, Does.StartWith("Send a license code"));
            Assert.That(response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
        }
    }

    [TestCase(null)]
    [TestCase("Basic bGljZW5zZTpjb2Rl")]
    [TestCase("Bearer")]
    public async Task Refresh_NoCodeAtAll_401(string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var response = await _app.Client.SendAsync(request);

        Assert.That((await AdminReply.ReadAsync(response)).Code, Is.EqualTo("unknown-code"));
    }

    [Test]
    public async Task Refresh_Always_AnswerIsNotKeptOnTheWayAndTheCodeIsNotLogged()
    {
        var license = await SoldLicense.BuyAsync(_app);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh");
        request.Headers.Authorization = new AuthenticationHeaderValue("bearer", license.FirstCode);
        using var response = await _app.Client.SendAsync(request);
        await SoldLicense.FetchCodeAsync(_app, license.FirstCode[..^4]);

        var signature = license.FirstCode.Split('.')[2][..20];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), "the scheme's case does not matter (RFC 9110)");
            Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
            Assert.That(_app.Logs.Lines, Is.Not.Empty);
            Assert.That(_app.Logs.Lines.Select(line => line.Message + line.Parameters + line.Exception), Has.None.Contains(signature));
        }
    }

    [Test]
    public async Task Refresh_Get_405WithACode()
    {
        using var response = await _app.Client.GetAsync("/licensee/v1/refresh");

        Assert.That((await AdminReply.ReadAsync(response)).Code, Is.EqualTo("method-not-allowed"));
    }

    [Test]
    public async Task Refresh_TooOften_429WithRetryAfterAndOtherLicensesAreNotAffected()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var other = await SoldLicense.BuyAsync(_app);
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(100));
        var newest = await license.CodeAsync();
        for (var i = 0; i < 60; i++)
        {
            // All codes of a license count together.
            Assert.That((await SoldLicense.FetchCodeAsync(_app, i % 2 == 0 ? license.FirstCode : newest)).Status, Is.EqualTo(HttpStatusCode.OK));
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", license.FirstCode);
        using var response = await _app.Client.SendAsync(request);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
            Assert.That((await AdminReply.ReadAsync(response)).Code, Is.EqualTo("too-many-requests"));
            Assert.That(response.Headers.RetryAfter!.Delta, Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(TimeSpan.FromMinutes(1)));
            Assert.That((await SoldLicense.FetchCodeAsync(_app, other.FirstCode)).Status, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task Refresh_LimitFromTheSetting_IsObeyed()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:RefreshesPerMinute=2"]);
        var license = await SoldLicense.BuyAsync(app);

        var statuses = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            statuses.Add((int)(await SoldLicense.FetchCodeAsync(app, license.FirstCode)).Status);
        }

        int[] expected = [200, 200, 429];
        Assert.That(statuses, Is.EqualTo(expected));
    }
}
