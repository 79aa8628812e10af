using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>A refresh brings the status list along, unless the software has one that is as new.</summary>
[OnEveryDatabase]
internal sealed class RefreshedListTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Refresh_NoBody_BringsTheListOfTheCode()
    {
        var license = await SoldLicense.BuyAsync(_app);

        var reply = await RefreshAsync(license.FirstCode);

        Assert.That(reply.Json.GetProperty("code").GetString(), Is.EqualTo(license.FirstCode));
        Assert.That(List(reply).Uri, Is.EqualTo(Code(license.FirstCode).StatusListUri));
        Assert.That(List(reply).GetStatus(Code(license.FirstCode).StatusListIndex!.Value), Is.EqualTo(LicenseStatus.Valid));
    }

    [TestCase(-1, true)]
    [TestCase(0, false)]
    [TestCase(1, false)]
    public async Task Refresh_Sequence_TheListComesIfItsIsAbove(int difference, bool comes)
    {
        var license = await SoldLicense.BuyAsync(_app);
        var sequence = List(await RefreshAsync(license.FirstCode)).Sequence;

        var reply = await RefreshAsync(license.FirstCode, JsonContent.Create(new { seq = sequence + difference }));

        Assert.That(reply.Json.GetProperty("statusList").ValueKind, Is.EqualTo(comes ? JsonValueKind.String : JsonValueKind.Null));
        Assert.That(reply.Json.GetProperty("code").GetString(), Is.EqualTo(license.FirstCode));
    }

    [TestCase(GivenState.Revoked)]
    [TestCase(GivenState.ReleasedByMarketplace)]
    public async Task Refresh_LicenseIsOver_NoCodeAndTheListOfTheOneShownSaysSo(GivenState state)
    {
        var license = await Given.LicenseAsync(_app, state);
        await _app.PublishListsAsync();

        var reply = await RefreshAsync(license.FirstCode);

        Assert.That(reply.Json.GetProperty("code").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(List(reply).GetStatus(Code(license.FirstCode).StatusListIndex!.Value), Is.EqualTo(LicenseStatus.Invalid));
    }

    // The sequences of two lists cannot be compared: software that has a high one of the old list would never have got the new one.
    [Test]
    public async Task Refresh_NewCodeIsInAnotherList_ThatOneComesWhateverTheSequence()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        await _app.RestartAsync("Expiry:Enabled=false", "PublicUrl=https://other.example.com");
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(100));
        var newest = await license.CodeAsync();

        var byOld = await RefreshAsync(license.FirstCode, JsonContent.Create(new { seq = long.MaxValue }));
        var byNew = await RefreshAsync(newest, JsonContent.Create(new { seq = long.MaxValue }));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Code(newest).StatusListUri, Does.StartWith("https://other.example.com/"));
            Assert.That(List(byOld).Uri, Is.EqualTo(Code(newest).StatusListUri));
            Assert.That(byNew.Json.GetProperty("statusList").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
    }

    [Test]
    public async Task Refresh_LicenseIsOverAndItsNewestCodeIsInAnotherList_TheListOfTheOneShownComes()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        await _app.RestartAsync("Expiry:Enabled=false", "PublicUrl=https://other.example.com");
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(100));
        await license.CommandAsync("revoke");
        await _app.PublishListsAsync();

        var reply = await RefreshAsync(license.FirstCode);

        Assert.That(List(reply).Uri, Is.EqualTo(Code(license.FirstCode).StatusListUri));
        Assert.That(List(reply).GetStatus(Code(license.FirstCode).StatusListIndex!.Value), Is.EqualTo(LicenseStatus.Invalid));
    }

    [TestCase("", TestName = "Refresh_EmptyBody_IsAsNone")]
    [TestCase("{}", TestName = "Refresh_EmptyObject_IsAsNone")]
    [TestCase("{\"later\":true}", TestName = "Refresh_MemberOfALaterVersion_IsNotLookedAt")]
    public async Task Refresh_BodyWithoutASequence_IsServed(string body)
    {
        var license = await SoldLicense.BuyAsync(_app);

        var reply = await RefreshAsync(license.FirstCode, Json(body));

        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
        Assert.That(reply.Json.GetProperty("statusList").ValueKind, Is.EqualTo(JsonValueKind.String));
    }

    [TestCase("nonsense", 400, "bad-json")]
    [TestCase("{\"seq\":", 400, "bad-json")]
    [TestCase("[]", 400, "bad-seq")]
    [TestCase("5", 400, "bad-seq")]
    [TestCase("null", 400, "bad-seq")]
    [TestCase("{\"seq\":\"5\"}", 400, "bad-seq")]
    [TestCase("{\"seq\":null}", 400, "bad-seq")]
    [TestCase("{\"seq\":-1}", 400, "bad-seq")]
    [TestCase("{\"seq\":1.5}", 400, "bad-seq")]
    [TestCase("{\"seq\":9223372036854775808}", 400, "bad-seq")]
    [TestCase("{\"seq\":1,\"seq\":2}", 400, "bad-seq")]
    public async Task Refresh_BodyThatIsNone_SaysWhatItShouldBe(string body, int status, string code)
    {
        var license = await SoldLicense.BuyAsync(_app);

        var reply = await RefreshAsync(license.FirstCode, Json(body));

        Assert.That(((int)reply.Status, reply.Code), Is.EqualTo((status, code)));
        Assert.That(reply.Detail, Does.Contain("JSON").Or.Contain("{\"seq\":"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Refresh_BodyOf1Mb_413(bool chunked)
    {
        var license = await SoldLicense.BuyAsync(_app);
        using var content = Json("{\"seq\":1" + new string(' ', 1 << 20) + "}");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", license.FirstCode);

        using var response = await _app.Client.SendAsync(request);
        var reply = await AdminReply.ReadAsync(response);

        Assert.That(((int)reply.Status, reply.Code), Is.EqualTo((413, "too-large")));
    }

    [Test]
    public async Task Refresh_BodyOfAnotherType_415()
    {
        var license = await SoldLicense.BuyAsync(_app);
        using var content = new StringContent("seq=1", Encoding.UTF8, "application/x-www-form-urlencoded");

        var reply = await RefreshAsync(license.FirstCode, content);

        Assert.That(((int)reply.Status, reply.Code), Is.EqualTo((415, "unsupported-media-type")));
    }

    private async Task<AdminReply> RefreshAsync(string code, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh") { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", code);
        using var response = await _app.Client.SendAsync(request);
        return await AdminReply.ReadAsync(response);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static LicenseCode Code(string code) => Verifier().Check(code).License!;

    private static LicenseStatusList List(AdminReply reply)
    {
        var check = Verifier().CheckStatusList(reply.Json.GetProperty("statusList").GetString());
        return check.List ?? throw new AssertionException(string.Create(CultureInfo.InvariantCulture, $"{check.Outcome}: {check.GetEvidence(LicenseLanguage.English)}"));
    }

    private static LicenseVerifier Verifier() => new(LicenseAuthorityApplication.RootLines, TestCodes.Product);
}
