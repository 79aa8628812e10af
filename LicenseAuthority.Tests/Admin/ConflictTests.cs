using System.Net;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Admin;

/// <summary>Calls that were not applied because they would take away what was paid for, and orders that could not be served: an operator decides, once.</summary>
[OnEveryDatabase]
internal sealed class ConflictTests
{
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Apply_OtherQuantityOnAKnownOrder_NewCodeSaysTheQuantity()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.Marketplace.SendAsync(license.Purchase.With("amount", "7"));

        var shown = await ApplyAsync(license);

        var check = _app.Check(shown.GetProperty("code").GetString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown.GetProperty("quantity").GetInt32(), Is.EqualTo(7));
            Assert.That(check.License!.Quantity, Is.EqualTo(7));
            Assert.That(check.License.ExpiresAt, Is.EqualTo(_app.Time.GetUtcNow() + SoldLicense.Term));
        }
    }

    [Test]
    public async Task Apply_OtherQuantityAfterARenewal_KeepsTheRenewedTerm()
    {
        // The repeated order still says the first term; only what differs from the first time is in dispute.
        var license = await SoldLicense.BuyAsync(_app);
        var renewedTo = _app.Time.GetUtcNow() + TimeSpan.FromDays(100);
        await license.RefreshAsync(renewedTo);
        await _app.Marketplace.SendAsync(license.Purchase.With("amount", "7"));

        var shown = await ApplyAsync(license);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(renewedTo));
            Assert.That(shown.GetProperty("quantity").GetInt32(), Is.EqualTo(7));
        }
    }

    [Test]
    public async Task Apply_OtherExpiryAfterAQuantityWasApplied_KeepsTheQuantity()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.Marketplace.SendAsync(license.Purchase.With("amount", "7"));
        await ApplyAsync(license);
        var expiresAt = _app.Time.GetUtcNow() + TimeSpan.FromDays(50);
        await _app.Marketplace.SendAsync(license.Purchase.With("expireTime", InstanceCall.Text(expiresAt)));

        var shown = await ApplyAsync(license);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(expiresAt));
            Assert.That(shown.GetProperty("quantity").GetInt32(), Is.EqualTo(7));
        }
    }

    [Test]
    public async Task Apply_ShorteningRenewal_NewCodeWithTheEarlierEnd()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var shorter = _app.Time.GetUtcNow() + TimeSpan.FromDays(3);
        await license.RefreshAsync(shorter);

        var shown = await ApplyAsync(license);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(shorter));
            Assert.That(shown.GetProperty("generation").GetInt32(), Is.EqualTo(2));
            Assert.That(_app.Check(shown.GetProperty("code").GetString()).License!.ExpiresAt, Is.EqualTo(shorter));
        }
    }

    [Test]
    public async Task Apply_DateOnAPerpetualLicense_GivesItAnEnd()
    {
        var license = await SoldLicense.BuyAsync(_app, call => call.Without("expireTime"));
        var expiresAt = _app.Time.GetUtcNow() + TimeSpan.FromDays(30);
        await license.RefreshAsync(expiresAt);
        Assert.That((await license.ShowAsync()).GetProperty("expiresAt").ValueKind, Is.EqualTo(JsonValueKind.Null), "any date on a perpetual license is a conflict");

        var shown = await ApplyAsync(license);

        Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(expiresAt));
        Assert.That(_app.Check(shown.GetProperty("code").GetString()).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public async Task Apply_LateExpire_Freezes()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(100));
        Assert.That((await license.ExpireAsync()).ResultCode, Is.EqualTo("000000"));
        Assert.That(await license.StateAsync(), Is.EqualTo("Active"), "a late restart is a conflict, not a freeze");

        var shown = await ApplyAsync(license);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo("Frozen"));
            Assert.That(shown.GetProperty("generation").GetInt32(), Is.EqualTo(2), "a freeze needs no new code");
        }
    }

    [Test]
    public async Task Apply_LaterExpiryAfterAnExpireCall_Thaws()
    {
        // The expiry is disputed: the order came again with another one. Meanwhile the marketplace said that the term is over.
        var license = await SoldLicense.BuyAsync(_app);
        var later = _app.Time.GetUtcNow() + TimeSpan.FromDays(50);
        await _app.Marketplace.SendAsync(license.Purchase.With("expireTime", InstanceCall.Text(later)));
        await license.ExpireAsync();
        Assert.That(await license.StateAsync(), Is.EqualTo("Frozen"));

        var shown = await ApplyAsync(license);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo("Active"));
            Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(later));
        }
    }

    [Test]
    public async Task Apply_UnservedRenewalOfAReleasedLicense_RestoresAndTheSameCallSucceeds([Values("release", "marketplace")] string end)
    {
        var license = await SoldLicense.BuyAsync(_app);
        await (end == "marketplace" ? license.ReleaseAsync() : (Task)license.CommandAsync(end));
        var (renewedTo, order) = (_app.Time.GetUtcNow() + TimeSpan.FromDays(100), SoldLicense.NewOrderId());
        Assert.That((await license.RefreshAsync(renewedTo, order)).ResultCode, Is.EqualTo("000003"));
        Assert.That((await license.RefreshAsync(renewedTo, order)).ResultCode, Is.EqualTo("000003"), "called again before anybody decided");
        var conflict = (await license.ConflictsAsync()).Single();

        var applied = await _app.Admin.PostAsync($"conflicts/{conflict.GetProperty("id").GetString()}/apply", "the data is still there");

        var shown = await license.ShowAsync();
        var last = (await license.EventsAsync())[^1];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(conflict.GetProperty("instanceId").GetString(), Is.EqualTo(license.Id));
            Assert.That(applied.Status, Is.EqualTo(HttpStatusCode.OK), applied.ToString());
            Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo("Active"));
            Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(renewedTo));
            Assert.That(_app.Check(shown.GetProperty("code").GetString()).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(last.GetProperty("type").GetString(), Is.EqualTo("license.renewed"));
            Assert.That(last.GetProperty("actor").GetString(), Is.EqualTo("admin:bootstrap"));
        }

        var rows = _app.CountRows();
        Assert.That((await license.RefreshAsync(renewedTo, order)).ResultCode, Is.EqualTo("000000"), "closed in the seller centre too");
        Assert.That(_app.CountRows(), Is.EqualTo(rows), "and without a second effect");
        Assert.That((await license.RefreshAsync(renewedTo.AddDays(1), order)).ResultCode, Is.EqualTo("000000"), "another date is another renewal");
        Assert.That((await license.ShowAsync()).GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(renewedTo.AddDays(1)));
    }

    [Test]
    public async Task Apply_UnservedRenewalOfARevokedLicense_409AndTheSameCallStaysRefused()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.CommandAsync("revoke");
        var (renewedTo, order) = (_app.Time.GetUtcNow() + TimeSpan.FromDays(100), SoldLicense.NewOrderId());
        await license.RefreshAsync(renewedTo, order);
        var id = await OpenAsync(license);

        var applied = await _app.Admin.PostAsync($"conflicts/{id}/apply");
        await _app.Admin.PostAsync($"conflicts/{id}/dismiss");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(applied.Status, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That(applied.Code, Is.EqualTo("state-does-not-allow"));
            Assert.That(applied.Detail, Does.Contain("refund"), "what to do instead");
            Assert.That((await license.RefreshAsync(renewedTo, order)).ResultCode, Is.EqualTo("000003"));
        }
    }

    [Test]
    public async Task Expire_TooEarlyOnceMore_IsNotedWhileAnOperatorKnowsOfIt()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var renewedTo = _app.Time.GetUtcNow() + TimeSpan.FromDays(100);
        await license.RefreshAsync(renewedTo);
        await license.ExpireAsync();
        var id = await OpenAsync(license);

        await license.ExpireAsync();
        Assert.That(await OpenAsync(license), Is.EqualTo(id), "open: no second one");
        await _app.Admin.PostAsync($"conflicts/{id}/dismiss", "an old call");
        await license.ExpireAsync();

        var events = await license.EventWordsAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await license.ConflictsAsync(), Is.Empty, "dismissed: no second one either");
            Assert.That(events.Count(word => word == "call.conflict marketplace"), Is.EqualTo(1));
            Assert.That(events.Count(word => word == "call.noted marketplace"), Is.EqualTo(2));
            Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
        }

        // The end is another one now: the operator has not said anything of that.
        await license.RefreshAsync(renewedTo.AddDays(30));
        await license.ExpireAsync();
        var second = await OpenAsync(license);
        Assert.That(second, Is.Not.EqualTo(id));

        // And the real one, while a conflict is open.
        _app.Time.Advance(TimeSpan.FromDays(129));
        await license.ExpireAsync();
        Assert.That(await license.StateAsync(), Is.EqualTo("Frozen"));
    }

    [Test]
    public async Task Apply_Twice_409AndNothingIsStored()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(3));
        var id = await OpenAsync(license);
        await ApplyAsync(license);
        var rows = _app.CountRows();

        var again = await _app.Admin.PostAsync($"conflicts/{id}/apply");
        var dismissed = await _app.Admin.PostAsync($"conflicts/{id}/dismiss", "too late");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.Status, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That(again.Code, Is.EqualTo("state-does-not-allow"));
            Assert.That(again.Detail, Does.Contain("admin:bootstrap"));
            Assert.That(dismissed.Status, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That(_app.CountRows(), Is.EqualTo(rows));
        }
    }

    [TestCase("revoke")]
    [TestCase("release")]
    [TestCase("the clock")]
    public async Task Apply_LicenseIsOver_409AndItStaysOpenForADismissal(string end)
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(3));
        var id = await OpenAsync(license);
        if (end == "the clock")
        {
            _app.Time.Advance(SoldLicense.Term + SoldLicense.Grace);
        }
        else
        {
            await license.CommandAsync(end);
        }

        var applied = await _app.Admin.PostAsync($"conflicts/{id}/apply", "try");
        var stillOpen = await OpenAsync(license);
        var dismissed = await _app.Admin.PostAsync($"conflicts/{id}/dismiss", "it is over");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(applied.Status, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That(applied.Code, Is.EqualTo("state-does-not-allow"));
            Assert.That(stillOpen, Is.EqualTo(id));
            Assert.That(dismissed.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await license.ConflictsAsync(), Is.Empty);
        }
    }

    [Test]
    public async Task Dismiss_Conflict_LicenseStaysAndTheDecisionIsInItsEvents()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(3), "CS-DISMISSED");
        var before = await license.ShowAsync();
        var id = await OpenAsync(license);

        var reply = await _app.Admin.PostAsync($"conflicts/{id}/dismiss", "the customer keeps it");

        var last = (await license.EventsAsync())[^1];
        var dismissed = (await license.ConflictsAsync("dismissed")).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(reply.Json.GetRawText(), Is.EqualTo(dismissed.GetRawText()));
            Assert.That(dismissed.GetProperty("resolvedBy").GetString(), Is.EqualTo("admin:bootstrap"));
            Assert.That(dismissed.GetProperty("resolvedAt").GetDateTimeOffset(), Is.EqualTo(_app.Time.GetUtcNow()));
            Assert.That((await license.ShowAsync()).GetRawText(), Is.EqualTo(before.GetRawText()));
            Assert.That(last.GetProperty("type").GetString(), Is.EqualTo("call.noted"));
            Assert.That(last.GetProperty("actor").GetString(), Is.EqualTo("admin:bootstrap"));
            Assert.That(last.GetProperty("remark").GetString(), Is.EqualTo($"conflict {id} dismissed: the customer keeps it"));
        }

        // The same call again was answered before; it does not open the conflict anew.
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(3), "CS-DISMISSED");
        Assert.That(await license.ConflictsAsync(), Is.Empty);
    }

    [Test]
    public async Task Decide_ApplyAndDismissAtOnce_OneWins()
    {
        for (var i = 0; i < 10; i++)
        {
            var license = await SoldLicense.BuyAsync(_app);
            await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(3));
            var id = await OpenAsync(license);

            var replies = await Task.WhenAll(
                Task.Run(() => _app.Admin.PostAsync($"conflicts/{id}/apply")), Task.Run(() => _app.Admin.PostAsync($"conflicts/{id}/dismiss")));

            var applied = (await license.ConflictsAsync("applied")).Count == 1;
            using (Assert.EnterMultipleScope())
            {
                Assert.That((int)replies[0].Status, Is.EqualTo(applied ? 200 : 409));
                Assert.That((int)replies[1].Status, Is.EqualTo(applied ? 409 : 200));
                Assert.That((await license.ShowAsync()).GetProperty("generation").GetInt32(), Is.EqualTo(applied ? 2 : 1));
                Assert.That(await license.EventsAsync(), Has.Count.EqualTo(3));
            }
        }
    }

    [Test]
    public async Task Decide_UnknownConflict_404()
    {
        foreach (var command in new[] { "apply", "dismiss" })
        {
            var reply = await _app.Admin.PostAsync($"conflicts/cft_01JD5V5ZQ8W3M9X7K2T4R6Y8AB/{command}");

            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(reply.Code, Is.EqualTo("conflict-not-found"));
        }
    }

    [Test]
    public async Task Decide_WrongBody_400AndItStaysOpen()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(3));
        var id = await OpenAsync(license);
        foreach (var body in new[] { "[]", "{\"why\":\"x\"}", "{\"reason\":1}", "nonsense" })
        {
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

            var reply = await _app.Admin.PostAsync($"conflicts/{id}/apply", content);

            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.BadRequest), body);
        }

        Assert.That(await OpenAsync(license), Is.EqualTo(id));
    }

    [Test]
    public async Task List_ByKindAndStatus_EachWhereItBelongs()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var conflict = await SoldLicense.BuyAsync(app);
        await conflict.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(3));
        app.Time.Advance(TimeSpan.FromSeconds(1));
        var unserved = await SoldLicense.BuyAsync(app);
        await unserved.ReleaseAsync();
        await unserved.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(100));
        app.Time.Advance(TimeSpan.FromSeconds(1));
        var decided = await SoldLicense.BuyAsync(app);
        await decided.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(3));
        await app.Admin.PostAsync($"conflicts/{await OpenAsync(decided)}/apply");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await LicensesAsync("conflicts"), Is.EqualTo(new[] { unserved.Id, conflict.Id }), "open ones, the newest first");
            Assert.That(await LicensesAsync("conflicts?kind=conflict"), Is.EqualTo(new[] { conflict.Id }));
            Assert.That(await LicensesAsync("conflicts?kind=unserved"), Is.EqualTo(new[] { unserved.Id }));
            Assert.That(await LicensesAsync("conflicts?status=applied"), Is.EqualTo(new[] { decided.Id }));
            Assert.That(await LicensesAsync("conflicts?status=applied&kind=unserved"), Is.Empty);
            Assert.That(await LicensesAsync("conflicts?status=dismissed"), Is.Empty);
            Assert.That(await LicensesAsync("conflicts?limit=1"), Is.EqualTo(new[] { unserved.Id, conflict.Id }), "page by page");
        }

        async Task<List<string>> LicensesAsync(string path) =>
            (await app.Admin.ListAsync(path)).ConvertAll(one => one.GetProperty("licenseId").GetString()!);
    }

    // Applies the one open conflict of a license and asserts what holds for every kind; returns the license.
    private async Task<JsonElement> ApplyAsync(SoldLicense license)
    {
        var id = await OpenAsync(license);

        var reply = await _app.Admin.PostAsync($"conflicts/{id}/apply", "the seller agreed");

        var events = await license.EventsAsync();
        var shown = await license.ShowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
            Assert.That(reply.Json.GetProperty("status").GetString(), Is.EqualTo("applied"));
            Assert.That(reply.Json.GetProperty("resolvedBy").GetString(), Is.EqualTo("admin:bootstrap"));
            Assert.That(events.Exists(one => one.GetProperty("type").GetString() == "call.conflict"), Is.True);
            Assert.That(events[^1].GetProperty("actor").GetString(), Is.EqualTo("admin:bootstrap"));
            Assert.That(events[^1].GetProperty("remark").GetString(), Is.EqualTo($"conflict {id} applied: the seller agreed"));
            Assert.That(await license.ConflictsAsync(), Is.Empty);
        }

        EventChain.AssertConsistent(events, shown);
        return shown;
    }

    private static async Task<string> OpenAsync(SoldLicense license) => (await license.ConflictsAsync()).Single().GetProperty("id").GetString()!;
}
