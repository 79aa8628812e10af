using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.StatusLists;

/// <summary>Status lists as licensed software fetches them, from the order to the revocation.</summary>
[OnEveryDatabase]
internal sealed class PublishedListTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task List_AsSoonAsTheFirstCodeIsOut_IsThereUnderTheUriOfTheCode()
    {
        var license = await SoldLicense.BuyAsync(_app);

        var list = await FetchAsync(license.FirstCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(list.Uri, Is.EqualTo(Code(license.FirstCode).StatusListUri));
            Assert.That(StatusOf(list, license.FirstCode), Is.EqualTo(LicenseStatus.Valid));
            Assert.That(list.ExpiresAt - list.IssuedAt, Is.EqualTo(TimeSpan.FromDays(30)));
            Assert.That(list.TimeToLive, Is.EqualTo(TimeSpan.FromHours(12)));
            Assert.That(list.Sequence, Is.GreaterThanOrEqualTo(list.IssuedAt.ToUnixTimeSeconds()));
        }
    }

    [TestCase(GivenState.FrozenByOperator, LicenseStatus.Suspended)]
    [TestCase(GivenState.FrozenByExpireCall, LicenseStatus.Suspended)]
    [TestCase(GivenState.Revoked, LicenseStatus.Invalid)]
    [TestCase(GivenState.ReleasedByMarketplace, LicenseStatus.Invalid)]
    [TestCase(GivenState.ReleasedByClockAndRecorded, LicenseStatus.Invalid)]
    public async Task List_AfterAChange_SaysSoAndNothingOfOthers(GivenState state, LicenseStatus expected)
    {
        var other = await SoldLicense.BuyAsync(_app, purchase => purchase.With("expireTime", InstanceCall.Text(_app.Time.GetUtcNow() + TimeSpan.FromDays(900))));
        var license = await Given.LicenseAsync(_app, state);

        await LookAsync();

        var list = await FetchAsync(license.FirstCode);
        Assert.That((StatusOf(list, license.FirstCode), StatusOf(list, other.FirstCode)), Is.EqualTo(((LicenseStatus?)expected, (LicenseStatus?)LicenseStatus.Valid)));
    }

    [Test]
    public async Task List_DeviceFreed_ItsCodesAreInvalidAndThoseOfOthersAreNot()
    {
        var license = await SoldLicense.BuyAsync(_app, call => call.With("amount", "2"));
        var (id, code) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        var (_, other) = await new Device(_app, "b").PlacedAsync(license.FirstCode);
        await LookAsync();
        Assert.That(StatusOf(await FetchAsync(code), code), Is.EqualTo(LicenseStatus.Valid));

        Assert.That((await Device.FreeAsync(_app, id, code)).Status, Is.EqualTo(204));
        await LookAsync();

        var list = await FetchAsync(code);
        Assert.That(
            new[] { code, other, license.FirstCode }.Select(each => StatusOf(list, each)),
            Is.EqualTo([LicenseStatus.Invalid, LicenseStatus.Valid, LicenseStatus.Valid]));
    }

    // Nobody renewed it: it must die with the refund all the same.
    [Test]
    public async Task List_RefundOfARenewal_DeviceCodeThatGrantsMoreIsInvalid()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var end = _app.Time.GetUtcNow() + SoldLicense.Term;
        await license.RefreshAsync(end.AddDays(60));
        var (_, code) = await new Device(_app, "a").PlacedAsync(license.FirstCode);

        await license.RefreshAsync(end);
        await LookAsync();

        Assert.That(StatusOf(await FetchAsync(code), code), Is.EqualTo(LicenseStatus.Invalid));
    }

    [Test]
    public async Task List_HoldLifted_IsValidAgain()
    {
        var license = await Given.LicenseAsync(_app, GivenState.FrozenByOperator);
        await LookAsync();
        var before = await FetchAsync(license.FirstCode);

        await license.CommandAsync("unfreeze");
        await LookAsync();

        var after = await FetchAsync(license.FirstCode);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(StatusOf(before, license.FirstCode), Is.EqualTo(LicenseStatus.Suspended));
            Assert.That(StatusOf(after, license.FirstCode), Is.EqualTo(LicenseStatus.Valid));
            Assert.That(after.Sequence, Is.GreaterThan(before.Sequence));
        }
    }

    [Test]
    public async Task List_RenewalThatRestoresALicense_LeavesEarlierCodesInvalidAlsoIfTheReleaseWasNeverPublished()
    {
        var license = await Given.LicenseAsync(_app, GivenState.ReleasedByClock);
        Assert.That((await license.RefreshAsync(_app.Time.GetUtcNow() + SoldLicense.Term)).ResultCode, Is.EqualTo("000000"));

        await LookAsync();

        var list = await FetchAsync(license.FirstCode);
        var newest = await license.CodeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(StatusOf(list, license.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
            Assert.That(StatusOf(list, newest), Is.EqualTo(LicenseStatus.Valid));
        }
    }

    [Test]
    public async Task List_RefundOfARenewal_EndsTheCodeThatGrantedMoreAndItStaysSo()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var ends = _app.Time.GetUtcNow() + SoldLicense.Term;
        await license.RefreshAsync(ends + TimeSpan.FromDays(30));
        var renewed = await license.CodeAsync();
        Assert.That((await license.RefreshAsync(ends)).ResultCode, Is.EqualTo("000000"));
        await LookAsync();
        var refunded = await FetchAsync(renewed);

        await license.RefreshAsync(ends + TimeSpan.FromDays(60));
        await LookAsync();

        var list = await FetchAsync(renewed);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(StatusOf(refunded, renewed), Is.EqualTo(LicenseStatus.Invalid), "grants more");
            Assert.That(StatusOf(refunded, license.FirstCode), Is.EqualTo(LicenseStatus.Valid));
            Assert.That(StatusOf(list, renewed), Is.EqualTo(LicenseStatus.Invalid), "for good");
            Assert.That(StatusOf(list, await license.CodeAsync()), Is.EqualTo(LicenseStatus.Valid));
        }
    }

    [Test]
    public async Task List_RowsChangedWhileNobodyLooked_IsRightAfterTheRebuildOfTheNextStart()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await LookAsync();
        _app.Change("UPDATE licenses SET state = 'Revoked', revoked_at = 1, revoke_reason = 'by hand'");

        await _app.RestartAsync("Expiry:Enabled=false");
        await LookAsync();

        Assert.That(StatusOf(await FetchAsync(license.FirstCode), license.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
    }

    [Test]
    public async Task List_OlderThanTheStoringOfUris_GetsItFromItsCodesAndTakesNoNewOnes()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await LookAsync();
        _app.Change("DELETE FROM status_list_uris");

        await _app.RestartAsync("Expiry:Enabled=false", "PublicUrl=https://other.example.com");
        await LookAsync();
        var next = await SoldLicense.BuyAsync(_app);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await FetchAsync(license.FirstCode)).Uri, Is.EqualTo(Code(license.FirstCode).StatusListUri));
            Assert.That(Code(next.FirstCode).StatusListUri, Does.StartWith("https://other.example.com/licensee/v1/status-lists/").And.Not.EndsWith("/1"));
            Assert.That((await FetchAsync(next.FirstCode)).Uri, Is.EqualTo(Code(next.FirstCode).StatusListUri));
        }
    }

    [Test]
    public async Task List_HalfOfItsLifeIsNearlyOver_IsSignedAgain()
    {
        var license = await SoldLicense.BuyAsync(_app, purchase => purchase.With("expireTime", InstanceCall.Text(_app.Time.GetUtcNow() + TimeSpan.FromDays(900))));
        await LookAsync();
        var before = await FetchAsync(license.FirstCode);
        _app.Time.Advance(TimeSpan.FromDays(14));

        await LookAsync();

        var after = await FetchAsync(license.FirstCode);
        Assert.That(after.Sequence, Is.GreaterThan(before.Sequence));
        Assert.That(after.ExpiresAt, Is.GreaterThan(before.ExpiresAt));
    }

    [Test]
    public async Task Door_Conditional_AnswersEachCodingWithItsTag()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var path = new Uri(Code(license.FirstCode).StatusListUri!).AbsolutePath;
        await LookAsync();

        using var plain = await SendAsync(HttpMethod.Get, path);
        using var head = await SendAsync(HttpMethod.Head, path);
        using var gzip = await SendAsync(HttpMethod.Get, path, ("Accept-Encoding", "br, gzip"));
        using var known = await SendAsync(HttpMethod.Get, path, ("If-None-Match", $"\"other\", {plain.Headers.ETag}"));
        using var knownHead = await SendAsync(HttpMethod.Head, path, ("If-None-Match", gzip.Headers.ETag!.ToString()), ("Accept-Encoding", "gzip"));
        using var refused = await SendAsync(HttpMethod.Get, path, ("Accept-Encoding", "gzip;q=0"));

        var text = await plain.Content.ReadAsStringAsync();
        await using var inflated = new GZipStream(await gzip.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(inflated, Encoding.ASCII);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plain.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(plain.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/statuslist+jwt"));
            Assert.That(plain.Headers.CacheControl!.ToString(), Is.EqualTo("no-cache"));
            Assert.That(plain.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(["*"]));
            Assert.That(plain.Headers.ETag!.IsWeak, Is.False);
            Assert.That(plain.Headers.ETag, Is.Not.EqualTo(gzip.Headers.ETag), "other bytes");
            Assert.That(await reader.ReadToEndAsync(), Is.EqualTo(text));
            Assert.That(gzip.Content.Headers.ContentEncoding, Is.EqualTo(["gzip"]));
            Assert.That(head.Headers.ETag, Is.EqualTo(plain.Headers.ETag));
            Assert.That(head.Content.Headers.ContentLength, Is.EqualTo(text.Length));
            Assert.That(await head.Content.ReadAsStringAsync(), Is.Empty);
            Assert.That(known.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
            Assert.That(known.Headers.ETag, Is.EqualTo(plain.Headers.ETag));
            Assert.That(knownHead.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
            Assert.That(refused.Content.Headers.ContentEncoding, Is.Empty);
        }
    }

    [TestCase("2")]
    [TestCase("01")]
    [TestCase("+1")]
    [TestCase("x")]
    [TestCase("99999999999999999999")]
    public async Task Door_NoSuchList_Is404(string number)
    {
        await SoldLicense.BuyAsync(_app);

        using var response = await SendAsync(HttpMethod.Get, $"/licensee/v1/status-lists/{number}");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("status-list-not-found"));
    }

    [Test]
    public async Task Publisher_TwoNodesInTurn_ContainWhatEitherSaw()
    {
        if (!_app.IsOnPostgres)
        {
            Assert.Ignore("SQLite has one node.");
        }

        await using var beside = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], beside: _app);
        var licenses = new List<SoldLicense>();
        for (var i = 0; i < 4; i++)
        {
            var license = await SoldLicense.BuyAsync(i % 2 == 0 ? _app : beside);
            await license.CommandAsync("revoke");
            licenses.Add(license);
            await LookAsync(i % 2 == 0 ? _app : beside);
        }

        foreach (var node in (LicenseAuthorityApplication[])[_app, beside])
        {
            await LookAsync(node);
            foreach (var license in licenses)
            {
                Assert.That(StatusOf(await FetchAsync(license.FirstCode, node), license.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
            }
        }
    }

    [Test]
    public async Task Health_ListsCannotBeSigned_IsYellow()
    {
        await SoldLicense.BuyAsync(_app);
        await LookAsync();

        // Beyond the certificate.
        _app.Time.Advance(TimeSpan.FromDays(366 * 6));
        await LookAsync();
        _app.Time.Advance(TimeSpan.FromSeconds(11));

        var health = await _app.Client.GetAsync("/health/ready");
        Assert.That(await health.Content.ReadAsStringAsync(), Does.Contain("\"status-lists\":{\"status\":\"Degraded\""));
    }

    // The service looks by itself too, but not at a time that a test could know.
    private async Task LookAsync(LicenseAuthorityApplication? app = null)
    {
        app ??= _app;
        var publisher = app.Services.GetRequiredService<StatusListPublisher>();

        // Twice: the service's own look may just have published what was before, and then the pace holds the first one back.
        for (var round = 0; round < 2; round++)
        {
            app.Time.Advance(StatusListPublisher.Pace);
            do
            {
                await publisher.LookAsync(CancellationToken.None);
            }
            while (publisher.HasMore);
        }
    }

    private static LicenseStatus? StatusOf(LicenseStatusList list, string code) => list.GetStatus(Code(code).StatusListIndex!.Value);

    private static LicenseCode Code(string code) => Verifier(TestCodes.Product).Check(code).License!;

    private static LicenseVerifier Verifier(string product) => new(LicenseAuthorityApplication.RootLines, product);

    private async Task<LicenseStatusList> FetchAsync(string code, LicenseAuthorityApplication? app = null)
    {
        using var response = await SendAsync(HttpMethod.Get, new Uri(Code(code).StatusListUri!).AbsolutePath, app);
        var token = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), token);
        var check = Verifier(TestCodes.Product).CheckStatusList(token);
        return check.List ?? throw new AssertionException(string.Create(CultureInfo.InvariantCulture, $"{check.Outcome}: {check.GetEvidence(LicenseLanguage.English)}"));
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers) => SendAsync(method, path, null, headers);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, LicenseAuthorityApplication? app, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await (app ?? _app).Client.SendAsync(request);
    }
}
