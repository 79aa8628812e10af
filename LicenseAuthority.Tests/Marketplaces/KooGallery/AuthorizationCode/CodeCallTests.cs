using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>The marketplace's calls about its codes: before the activation, at the same time, after it, and twice.</summary>
[OnEveryDatabase]
internal sealed class CodeCallTests
{
    private LicenseAuthorityApplication _app = null!;

    private DateTimeOffset Now => _app.Time.GetUtcNow();

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Marketplace:Accounts:shop:AccessKeys:0=a-key-of-shop"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Calls_OnACodeThatWasActivated_ChangeItsLicense()
    {
        var code = SoldCode.New(_app);
        var license = await code.IssueAsync(Now.AddDays(100));
        List<string> states = [];

        foreach (var call in new[]
        {
            code.Refresh(Now.AddDays(200)), code.Status("FREEZE"), code.Status("UNFREEZE"), code.Refresh(Now.AddDays(100), "UNSUBSCRIBE_RENEWAL_PERIOD"), code.Release(),
        })
        {
            await code.SendAsync(call);
            var shown = await _app.Admin.ShowAsync(license);
            states.Add($"{shown.GetProperty("state")} {Math.Round((shown.GetProperty("expiresAt").GetDateTimeOffset() - Now).TotalDays)}");
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(states, Is.EqualTo(["Active 200", "Frozen 200", "Active 200", "Active 100", "Released 100"]));
            Assert.That(await SoldCode.EventWordsAsync(_app, license), Is.EqualTo([
                "license.issued licensee", "license.renewed marketplace", "license.frozen marketplace", "license.unfrozen marketplace", "license.renewed marketplace",
                "license.released marketplace"]));
            Assert.That(_app.Query("SELECT count(*) FROM kept_calls"), Is.EqualTo([0L]));
            Assert.That(_app.Query("SELECT end_known_by FROM marketplace_codes"), Is.EqualTo(["call"]));
        }
    }

    [Test]
    public async Task Calls_BeforeTheActivation_AreDoneWithItInTheirOrder()
    {
        var code = SoldCode.New(_app);
        var renewal = code.Refresh(Now.AddDays(300), orderId: "CS-KEPT-1");
        await code.SendAsync(code.Status("FREEZE"), renewal, code.Status("UNFREEZE"), code.Refresh(Now.AddDays(250), "UNSUBSCRIBE_RENEWAL_PERIOD", "CS-KEPT-2"));

        // Again after an hour, as new requests: nothing is kept twice.
        _app.Time.Advance(TimeSpan.FromHours(1));
        await code.SendAsync(renewal, code.Status("UNFREEZE"));
        var boughtAt = Now;
        var license = await code.IssueAsync(Now.AddDays(100));
        var rows = _app.Query("SELECT count(*) FROM events");
        await code.SendAsync(renewal);

        var shown = await _app.Admin.ShowAsync(license);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo("Active"));
            Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(boughtAt.AddHours(-1).AddDays(250)).Within(TimeSpan.FromSeconds(1)));
            Assert.That(await SoldCode.EventWordsAsync(_app, license), Is.EqualTo([
                "license.issued licensee", "license.frozen marketplace", "license.renewed marketplace", "license.unfrozen marketplace", "license.renewed marketplace"]));
            Assert.That(
                shown.GetProperty("orders").EnumerateArray().Select(order => $"{order.GetProperty("orderId")} {order.GetProperty("scene")}").Skip(1),
                Is.EqualTo(["CS-KEPT-1 RENEWAL", "CS-KEPT-2 UNSUBSCRIBE_RENEWAL_PERIOD"]));
            Assert.That(shown.GetProperty("generation").GetInt32(), Is.EqualTo(1));
            Assert.That(_app.Check(shown.GetProperty("code").GetString()).Outcome, Is.EqualTo(LicenseAuthority.Client.LicenseOutcome.Valid));
            Assert.That(_app.Query("SELECT count(*) FROM kept_calls"), Is.EqualTo([0L]));
            Assert.That(_app.Query("SELECT count(*) FROM events"), Is.EqualTo(rows), "the renewal that was kept is the same one again");
            Assert.That(_app.Query("SELECT end_known_by FROM marketplace_codes"), Is.EqualTo(["call"]));
        }
    }

    // An estimate of the activation must not turn what was paid for into a conflict.
    [TestCase(400)]
    [TestCase(null)]
    public async Task Renewal_KeptWithAnEarlierEndThanTheEstimate_ItsEndWins(int? estimate)
    {
        var code = SoldCode.New(_app);
        await code.SendAsync(code.Refresh(Now.AddDays(300)));

        var license = await code.IssueAsync(estimate is { } days ? Now.AddDays(days) : null);

        var shown = await _app.Admin.ShowAsync(license);
        Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(Now.AddDays(300)).Within(TimeSpan.FromSeconds(1)));
        Assert.That(await _app.Admin.ListAsync("conflicts"), Is.Empty);
    }

    // Two conflicts in one transaction, each with its own entry.
    [Test]
    public async Task Renewals_KeptThatContradict_AreConflictsOfTheLicense()
    {
        var code = SoldCode.New(_app);
        await code.SendAsync(code.Refresh(Now.AddDays(300), orderId: "CS-C1"), code.Refresh(Now.AddDays(200), orderId: "CS-C2"), code.Refresh(Now.AddDays(100), orderId: "CS-C3"));

        var license = await code.IssueAsync(Now.AddDays(10));

        var conflicts = await _app.Admin.ListAsync("conflicts");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(conflicts.Select(conflict => conflict.GetProperty("licenseId").GetString()), Is.EqualTo([license, license]));
            Assert.That(conflicts.Select(conflict => conflict.GetProperty("source").GetProperty("orderId").GetString()), Is.EquivalentTo(["CS-C2", "CS-C3"]));
            Assert.That(_app.Logs.Lines.Count(line => line.Level == LogLevel.Warning && line.Message.Contains("not applied", StringComparison.Ordinal)), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Release_BeforeTheActivation_KeptAndWhatFollowsSaysNothingNew()
    {
        var code = SoldCode.New(_app);
        await code.SendAsync(code.Release().With("orderId", "CS-REFUND").With("orderLineId", "1"), code.Release(), code.Refresh(Now.AddDays(10)), code.Status("FREEZE"));

        Assert.That(_app.Query("SELECT concat_ws(' ', kind, order_id, order_line_id) FROM kept_calls"), Is.EqualTo(["release CS-REFUND 1"]));
    }

    [Test]
    public async Task Debug_OnAnUnknownCode_KeptApart_OnASoldOne000003()
    {
        var code = SoldCode.New(_app);
        await code.SendAsync(code.Release().With("testFlag", "1"), code.Status("FREEZE").With("testFlag", 1));
        var license = await code.IssueAsync(Now.AddDays(100));

        var reply = await _app.MarketplaceV2.SendAsync(code.Release().With("testFlag", "1"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await _app.Admin.ShowAsync(license)).GetProperty("state").GetString(), Is.EqualTo("Active"));
            Assert.That(reply.ResultCode, Is.EqualTo("000003"));
            Assert.That(reply.ResultMessage, Does.Not.Contain(code.Text));
            Assert.That(_app.Query("SELECT kind FROM kept_calls"), Is.EqualTo(["release"]), "the test's own");
        }
    }

    [Test]
    public async Task Debug_OnATestLicensesCode_Succeeds()
    {
        var code = SoldCode.New(_app, test: true);
        await code.SendAsync(code.Refresh(Now.AddDays(300)));
        var license = await code.IssueAsync(Now.AddDays(100));

        await code.SendAsync(code.Status("FREEZE"), code.Release(), code.Release(), code.Refresh(Now.AddDays(10)), code.Status("UNFREEZE"));

        Assert.That((await _app.Admin.ShowAsync(license)).GetProperty("state").GetString(), Is.EqualTo("Released"));
        Assert.That(await _app.Admin.ListAsync("conflicts"), Is.Empty);
    }

    [Test]
    public async Task Call_OfAnotherAccount_DoesNotTouchTheLicense()
    {
        var code = SoldCode.New(_app);
        var license = await code.IssueAsync(Now.AddDays(100));

        var reply = await _app.V2CallerWith("a-key-of-shop", "shop").SendAsync(code.Release());

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), "for that account it is a code that was not activated");
        Assert.That((await _app.Admin.ShowAsync(license)).GetProperty("state").GetString(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task Call_WithTheSameNonceAgain_TheStoredAnswerAndNothingIsKeptTwice()
    {
        var code = SoldCode.New(_app);
        var body = code.Refresh(Now.AddDays(300)).Body;
        var nonce = V2Caller.NewNonce();

        var first = await _app.MarketplaceV2.SendAsync(body, nonce);
        await _app.RestartAsync();
        var again = await _app.MarketplaceV2.SendAsync(body, nonce);
        var other = await _app.MarketplaceV2.SendAsync(code.Release().Body, nonce);

        Assert.That((first.ResultCode, again.ResultCode, other.ResultCode), Is.EqualTo(("000000", "000000", "000001")));
        Assert.That(_app.Query("SELECT count(*) FROM kept_calls"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task Calls_MoreThanAHundred_TheNextIsRefusedWithAnAlarmButForARelease()
    {
        var code = SoldCode.New(_app);
        for (var days = 1; days <= KeptCallRules.Most; days++)
        {
            await code.SendAsync(code.Refresh(Now.AddDays(days)));
        }

        var reply = await _app.MarketplaceV2.SendAsync(code.Refresh(Now.AddDays(500)));
        await code.SendAsync(code.Release());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000005"));
            Assert.That(_app.Logs.Lines.Count(line => line.Level == LogLevel.Error && line.Message.StartsWith("ALARM", StringComparison.Ordinal)), Is.EqualTo(1));
            Assert.That(_app.Query("SELECT count(*) FROM kept_calls"), Is.EqualTo([101L]));
        }
    }

    // Calls and the activation at once: each call is either done on the license or with it, never lost.
    [Test]
    public async Task Calls_AtTheSameTimeAsTheActivation_NoneIsLost()
    {
        for (var round = 0; round < 5; round++)
        {
            var code = SoldCode.New(_app);
            var end = Now.AddDays(100 + round);
            var renewals = Enumerable.Range(1, 4).Select(number => code.SendAsync(code.Refresh(end.AddDays(number), "RENEWAL_CHANGE")));
            var issued = code.IssueAsync(end);
            await Task.WhenAll([.. renewals, issued, code.IssueAsync(end)]);

            var words = await SoldCode.EventWordsAsync(_app, await issued);
            Assert.That(words.Count(word => word is "license.renewed marketplace" or "call.conflict marketplace"), Is.EqualTo(4), string.Join(", ", words));
            Assert.That(words.Count(word => word == "license.issued licensee"), Is.EqualTo(1));
        }

        Assert.That(_app.Query("SELECT count(*) FROM kept_calls"), Is.EqualTo([0L]));
    }

    [TestCase("license", null, "license")]
    [TestCase("license", "", "license")]
    [TestCase("license", "PL.with.dots", "license")]
    [TestCase("license", " PL1", "license")]
    [TestCase("license", "PL1\u4e2d", "license")]
    [TestCase("license", "01234567890123456789012345678901234567890123456789012345678901234", "license")]
    [TestCase("scene", "SOMETHING", "scene")]
    [TestCase("scene", null, "scene")]
    [TestCase("orderId", null, "orderId")]
    [TestCase("orderLineId", null, "orderLineId")]
    [TestCase("expireTime", null, "expireTime")]
    [TestCase("expireTime", "2027", "expireTime")]
    [TestCase("testFlag", "2", "testFlag")]
    public async Task Refresh_BadParameter_000002ThatNamesItAndNothingIsKept(string name, string? value, string named)
    {
        var reply = await _app.MarketplaceV2.SendAsync(SoldCode.New(_app).Refresh(Now.AddDays(10)).With(name, value));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000002"));
            Assert.That(reply.ResultMessage, Does.Contain(named));
            Assert.That(name != "license" || value is not { Length: > 3 } || !reply.ResultMessage!.Contains(value, StringComparison.Ordinal), "the code is not repeated");
            Assert.That(_app.Query("SELECT count(*) FROM kept_calls"), Is.EqualTo([0L]));
        }
    }

    [TestCase("NORMAL")]
    [TestCase("freeze")]
    [TestCase(null)]
    public async Task Status_OtherThanFreezeAndUnfreeze_000002(string? status)
    {
        var reply = await _app.MarketplaceV2.SendAsync(SoldCode.New(_app).Status("FREEZE").With("status", status));

        Assert.That(reply.ResultCode, Is.EqualTo("000002"));
        Assert.That(reply.ResultMessage, Does.Contain("status"));
    }

    [Test]
    public async Task Code_AsAnotherKindOfValue_000002()
    {
        foreach (var value in new JsonNode?[] { new JsonObject(), new JsonArray("PL1"), true })
        {
            Assert.That((await _app.MarketplaceV2.SendAsync(SoldCode.New(_app).Release().With("license", value))).ResultCode, Is.EqualTo("000002"));
        }
    }

    [Test]
    public async Task Call_ByGet_IsNoActivity()
    {
        var reply = await _app.Marketplace.SendAsync(InstanceCall.Release("x", "y").With("activity", "releaseLicenseCode"));

        Assert.That(reply.ResultCode, Is.EqualTo("000002"));
    }

    [Test]
    public async Task Code_IsInNoLog_AndInTheJournalWithItsLastCharacters()
    {
        var code = new SoldCode(_app, "PLVERYSECRETCODE4711");
        await code.SendAsync(code.Refresh(Now.AddDays(300)));
        var license = await code.IssueAsync(Now.AddDays(100));
        await code.SendAsync(code.Release());
        await _app.MarketplaceV2.SendAsync(code.Status("FREEZE").With("status", "MELT"));
        await _app.MarketplaceV2.SendAsync(code.Refresh(Now.AddDays(400), orderId: "CS-LATE"));

        var calls = await _app.CallsAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(calls, Has.Count.EqualTo(4));
            Assert.That(calls.Select(call => call.GetRawText()), Is.All.Contains("…4711").And.All.Not.Contains("SECRET"));
            Assert.That(calls.Select(InstanceOf), Is.EquivalentTo([license, null, license, null]));
            Assert.That(_app.Logs.Lines.Select(line => line.Message + line.Parameters + line.Exception), Has.None.Contains("SECRET"));
            Assert.That(_app.Logs.Lines.Select(line => line.Message), Has.Some.Contains("updateLicenseCodeStatus was refused").And.Some.Contains("marketplace code …4711"));
        }
    }

    [Test]
    public async Task Answer_HasTheMembersOfTheProtocolOnly()
    {
        var code = SoldCode.New(_app);
        await code.IssueAsync(Now.AddDays(100));

        var reply = await _app.MarketplaceV2.SendAsync(code.Status("FREEZE"));

        Assert.That(Encoding.UTF8.GetString(reply.Body), Is.EqualTo("""{"resultCode":"000000","resultMsg":"success."}"""));
    }

    private static string? InstanceOf(JsonElement call) => call.GetProperty("instanceId").GetString();
}
