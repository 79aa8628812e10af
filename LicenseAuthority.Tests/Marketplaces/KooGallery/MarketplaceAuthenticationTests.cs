using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery;

/// <summary>Who may call, and with which key the answer is signed.</summary>
[OnEveryDatabase]
internal sealed class MarketplaceAuthenticationTests
{
    private const string OldKey = "old-access-key";
    private const string NewKey = "new-access-key";

    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync([$"Marketplace:AccessKeys:0={OldKey}", $"Marketplace:AccessKeys:1={NewKey}"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Call_WithAnyOfTheKeys_IsAnsweredWithTheCallersKey()
    {
        // The caller checks the signature of the answer with its own key.
        var first = await _app.CallerWith(OldKey).SendAsync(GetLicenseCall.For("CS-KEYS"));
        var second = await _app.CallerWith(NewKey).SendAsync(GetLicenseCall.For("CS-KEYS"));

        Assert.That(first.ResultCode, Is.EqualTo("000000"));
        Assert.That(second.Body, Is.EqualTo(first.Body), "both keys are the same seller's");
    }

    [Test]
    public async Task Call_WithBadParameter_IsAnsweredWithTheCallersKey()
    {
        var reply = await _app.CallerWith(NewKey).SendAsync(GetLicenseCall.For("CS-BAD").Without("orderId"));

        Assert.That(reply.ResultCode, Is.EqualTo("000002"));
    }

    // The demo key is for those who have configured none.
    [TestCase("an-unknown-key")]
    [TestCase(LicenseAuthorityApplication.DemoAccessKey)]
    [TestCase("")]
    [TestCase("OLD-ACCESS-KEY")]
    public async Task Call_WithUnknownKey_IsRefusedAndAnsweredWithTheFirstKey(string key)
    {
        await AssertRefusedAsync(_app.CallerWith(key).SignedQuery(GetLicenseCall.For("CS-REFUSED").Parameters));
    }

    [Test]
    public async Task Call_WithoutToken_IsRefused([Values("", "&authToken", "&authToken=")] string token)
    {
        await AssertRefusedAsync(MarketplaceCaller.Encode(GetLicenseCall.For("CS-REFUSED").Parameters) + token);
    }

    [Test]
    public async Task Call_WithoutAnything_IsRefused() => await AssertRefusedAsync("");

    [Test]
    public async Task Call_WithTheTokenOfAnotherOrder_IsRefused()
    {
        var call = GetLicenseCall.For("CS-REFUSED");
        var token = _app.CallerWith(OldKey).Token(call.With("orderId", "CS-OTHER").Parameters);

        await AssertRefusedAsync(MarketplaceCaller.Encode(call.With("authToken", token).Parameters));
    }

    [TestCase("timeStamp", "20260601000000124")]
    [TestCase("amount", "6")]
    [TestCase("Amount", "5")]
    [TestCase("more", "")]
    public async Task Call_ChangedAfterSigning_IsRefused(string parameter, string value)
    {
        var call = GetLicenseCall.For("CS-REFUSED");
        var token = _app.CallerWith(OldKey).Token(call.Parameters);

        await AssertRefusedAsync(MarketplaceCaller.Encode(call.With(parameter, value).With("authToken", token).Parameters));
    }

    [Test]
    public async Task Call_SignedWithoutTimeStamp_NamesIt()
    {
        var reply = await _app.CallerWith(OldKey).SendAsync(GetLicenseCall.For("CS-REFUSED").Without("timeStamp"));

        Assert.That(reply.ResultCode, Is.EqualTo("000002"));
        Assert.That(reply.ResultMessage, Does.Contain("timeStamp"));
    }

    [Test]
    public async Task Call_WithTheTimeStampTakenAway_IsRefused()
    {
        var call = GetLicenseCall.For("CS-REFUSED");
        var token = _app.CallerWith(OldKey).Token(call.Parameters);

        await AssertRefusedAsync(MarketplaceCaller.Encode(call.Without("timeStamp").With("authToken", token).Parameters));
    }

    // A caller that forgets to encode the token's plus signs, which then arrive as blanks.
    [Test]
    public async Task Call_WithUnencodedPlusInTheToken_IsServed()
    {
        var caller = _app.CallerWith(OldKey);
        var call = Enumerable.Range(0, 1000)
            .Select(number => GetLicenseCall.For($"CS-PLUS-{number}"))
            .First(candidate => caller.Token(candidate.Parameters).Contains('+', StringComparison.Ordinal));

        var reply = await caller.SendRawAsync($"{MarketplaceCaller.Encode(call.Parameters)}&authToken={caller.Token(call.Parameters)}");

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
    }

    [Test]
    public async Task Call_InAnyOrderOfParameters_IsServed()
    {
        var caller = _app.CallerWith(OldKey);
        var query = caller.SignedQuery(GetLicenseCall.For("CS-ORDER").Parameters);

        var reply = await caller.SendRawAsync(string.Join('&', query.Split('&').Reverse()));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
    }

    // Supplementary characters sort before U+FFFD as code units and behind it as UTF-8; upper case before lower case.
    [Test]
    public async Task Call_WithUnusualNames_IsSignedInTheOrderOfCodeUnits()
    {
        var call = GetLicenseCall.For("CS-NAMES").With("\uFFFD", "1").With("\U0001F511", "2").With("Zoo", "3").With("_", "4").With("名", "值");

        var reply = await _app.CallerWith(NewKey).SendAsync(call);

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
    }

    // Whoever knows the address must not be able to fill the disk.
    [Test]
    public async Task Calls_ManyRefused_AreLoggedOnce()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            await app.CallerWith("wrong").SendRawAsync("activity=getLicense", LicenseAuthorityApplication.DemoAccessKey);
        }

        Assert.That(app.Logs.Lines.Where(line => line.Category.EndsWith("RejectionLog", StringComparison.Ordinal)).ToList(), Has.Count.EqualTo(1));

        app.Time.Advance(TimeSpan.FromMinutes(1));
        await app.CallerWith("wrong").SendRawAsync("activity=getLicense", LicenseAuthorityApplication.DemoAccessKey);

        Assert.That(app.Logs.Lines.Last(line => line.Category.EndsWith("RejectionLog", StringComparison.Ordinal)).Message, Does.StartWith("20 marketplace calls"));
    }

    private async Task AssertRefusedAsync(string query)
    {
        var rows = _app.CountRows();

        var reply = await _app.CallerWith("any").SendRawAsync(query, answerKey: OldKey);

        Assert.That(reply.ResultCode, Is.EqualTo("000001"), reply.ResultMessage);
        Assert.That(reply.License, Is.Null);
        Assert.That(_app.CountRows(), Is.EqualTo(rows));
    }
}
