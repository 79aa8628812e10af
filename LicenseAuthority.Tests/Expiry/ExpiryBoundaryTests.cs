using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Expiry;

/// <summary>The instants at which the clock decides: half-open, at the end of the term it is over; and what the calendar makes of a grace.</summary>
[OnEveryDatabase]
internal sealed class ExpiryBoundaryTests
{
    private static readonly string[] States = ["Active", "Frozen", "Released", "Revoked"];

    [TestCase(false)]
    [TestCase(true, Description = "the same with a sweep at every instant")]
    public async Task State_AroundTheEndOfTermAndGrace_ChangesExactlyThen(bool sweep)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        (string Expires, string GraceEnds)[] terms =
        [
            ("2026-07-31T23:59:59Z", "2026-08-15T23:59:59Z"),
            ("2027-02-28T12:00:00Z", "2027-03-15T12:00:00Z"),
            ("2028-02-29T00:00:00Z", "2028-03-15T00:00:00Z"),
            ("2028-12-31T23:59:59Z", "2029-01-15T23:59:59Z"),
        ];
        foreach (var (expires, graceEnds) in terms)
        {
            var expiresAt = DateTimeOffset.Parse(expires, System.Globalization.CultureInfo.InvariantCulture);
            var graceEndsAt = DateTimeOffset.Parse(graceEnds, System.Globalization.CultureInfo.InvariantCulture);
            var license = await SoldLicense.BuyAsync(app, call => call.With("expireTime", InstanceCall.Text(expiresAt)));
            Assert.That((await license.ShowAsync()).GetProperty("graceEndsAt").GetString(), Is.EqualTo(graceEnds));

            await AssertStateAsync(app, license, expiresAt.AddMilliseconds(-1), "Active", sweep);
            await AssertStateAsync(app, license, expiresAt, "Frozen", sweep);
            await AssertStateAsync(app, license, graceEndsAt.AddMilliseconds(-1), "Frozen", sweep);
            await AssertStateAsync(app, license, graceEndsAt, "Released", sweep);

            await Given.SettleDueAsync(app);
            var events = await license.EventsAsync();
            Assert.That(
                events.Skip(1).Select(one => $"{one.GetProperty("type")} {one.GetProperty("actor")} {one.GetProperty("at")}"),
                Is.EqualTo(new[] { $"license.frozen clock {expires}", $"license.released clock {graceEnds}" }),
                "it happened when the clock decided it, whenever it is recorded");
        }
    }

    [Test]
    public async Task GracePeriod_OfTheProduct_IsCopiedAtIssue()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", .. LicenseAuthorityApplication.Product(0, "editor", "*", "GracePeriod=00:00:00")]);
        var license = await SoldLicense.BuyAsync(app);

        await AssertStateAsync(app, license, app.Time.GetUtcNow() + SoldLicense.Term, "Released", sweep: false);

        await license.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(1));
        Assert.That(await license.StateAsync(), Is.EqualTo("Active"), "money wins over a timer, also where there is no grace");
    }

    // A delivery is accepted days after the order: the license froze while the customer's term still ran.
    [TestCase(false)]
    [TestCase(true)]
    public async Task ExpiryTolerance_WithoutAnExpireCall_TheTermEndsThatMuchLater(bool sweep)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", .. LicenseAuthorityApplication.Product(0, "editor", "*", "ExpiryTolerance=30.00:00:00")]);
        var license = await SoldLicense.BuyAsync(app);
        var expiresAt = app.Time.GetUtcNow() + SoldLicense.Term;
        var endsAt = expiresAt + TimeSpan.FromDays(30);

        var shown = await license.ShowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(expiresAt));
            Assert.That(shown.GetProperty("endsAt").GetDateTimeOffset(), Is.EqualTo(endsAt));
            Assert.That(shown.GetProperty("graceEndsAt").GetDateTimeOffset(), Is.EqualTo(endsAt + SoldLicense.Grace));
            Assert.That(app.Check(license.FirstCode, "editor").License!.ExpiresAt, Is.EqualTo(endsAt));
        }

        await AssertStateAsync(app, license, expiresAt, "Active", sweep);
        await AssertStateAsync(app, license, endsAt.AddMilliseconds(-1), "Active", sweep);
        await AssertStateAsync(app, license, endsAt, "Frozen", sweep);
        await AssertStateAsync(app, license, endsAt + SoldLicense.Grace - TimeSpan.FromMilliseconds(1), "Frozen", sweep);
        await AssertStateAsync(app, license, endsAt + SoldLicense.Grace, "Released", sweep);
    }

    [TestCase(-3, false)]
    [TestCase(20, false)]
    [TestCase(20, true)]
    public async Task ExpiryTolerance_ExpireCall_FreezesAtOnce(int daysAfterExpiry, bool sweep)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", .. LicenseAuthorityApplication.Product(0, "editor", "*", "ExpiryTolerance=30.00:00:00")]);
        var license = await SoldLicense.BuyAsync(app);
        var expiresAt = app.Time.GetUtcNow() + SoldLicense.Term;
        var graceEndsAt = expiresAt + TimeSpan.FromDays(30) + SoldLicense.Grace;

        app.Time.SetUtcNow(expiresAt.AddDays(daysAfterExpiry));
        var reply = await license.ExpireAsync();

        Assert.That(reply.ResultCode, Is.EqualTo("000000"));
        Assert.That((await license.ShowAsync()).GetProperty("graceEndsAt").GetDateTimeOffset(), Is.EqualTo(graceEndsAt), "the later end counts");
        await AssertStateAsync(app, license, app.Time.GetUtcNow(), "Frozen", sweep);
        await AssertStateAsync(app, license, graceEndsAt.AddMilliseconds(-1), "Frozen", sweep);
        await AssertStateAsync(app, license, graceEndsAt, "Released", sweep);
    }

    [Test]
    public async Task ExpiryTolerance_OfTheProduct_IsCopiedAtIssue()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", .. LicenseAuthorityApplication.Product(0, "editor", "*", "ExpiryTolerance=30.00:00:00")]);
        var license = await SoldLicense.BuyAsync(app);
        var expiresAt = app.Time.GetUtcNow() + SoldLicense.Term + SoldLicense.Term;
        await app.RestartAsync("Products:0:ExpiryTolerance=00:00:00");

        await license.RefreshAsync(expiresAt);

        Assert.That((await license.ShowAsync()).GetProperty("endsAt").GetDateTimeOffset(), Is.EqualTo(expiresAt.AddDays(30)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Renewal_AfterTheClocksRelease_RestoresWhetherItWasRecordedOrNot(bool recorded)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await Given.LicenseAsync(app, recorded ? GivenState.ReleasedByClockAndRecorded : GivenState.ReleasedByClock);
        var expiresAt = app.Time.GetUtcNow() + TimeSpan.FromDays(100);

        var reply = await license.RefreshAsync(expiresAt);

        var shown = await license.ShowAsync();
        string[] expected = ["license.issued marketplace", "license.frozen clock", "license.released clock", "license.renewed marketplace"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000000"));
            Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo("Active"));
            Assert.That(shown.GetProperty("releasedAt").GetRawText(), Is.EqualTo("null"));
            Assert.That(app.Check(shown.GetProperty("code").GetString()).IsValid, Is.True);
            Assert.That(
                (await license.EventsAsync())[^1].GetProperty("after").GetRawText(),
                Does.Contain("\"releasedAt\":null,\"releasedBy\":null"), "a reader of the event sees the release go, and by whom it was");
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(expected));
        }

        EventChain.AssertConsistent(await license.EventsAsync(), shown);
    }

    [Test]
    public async Task Clock_GoesBackAfterASettle_SettledFactsWin()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var boughtAt = app.Time.GetUtcNow();
        var license = await SoldLicense.BuyAsync(app);
        app.Time.Advance(SoldLicense.Term + TimeSpan.FromHours(1));
        await Given.SettleDueAsync(app);

        app.Time.AdjustTime(boughtAt + TimeSpan.FromDays(1));

        Assert.That(await license.StateAsync(), Is.EqualTo("Frozen"));
        Assert.That(await app.Admin.ListIdsAsync("licenses?state=Frozen"), Is.EqualTo(new[] { license.Id }));
        Assert.That(await app.Admin.ListIdsAsync("licenses?state=Active"), Is.Empty);
        Assert.That(await Given.SettleDueAsync(app), Is.Zero);

        await license.RefreshAsync(boughtAt + TimeSpan.FromDays(100));
        var events = await license.EventsAsync();
        var code = app.Check(await license.CodeAsync());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await license.StateAsync(), Is.EqualTo("Active"), "a renewal thaws it all the same");
            Assert.That(events.ConvertAll(one => one.GetProperty("at").GetDateTimeOffset()), Is.Ordered, "event times never decrease");
            Assert.That(code.License!.IssuedAt, Is.GreaterThan(app.Check(license.FirstCode).License!.IssuedAt));
        }
    }

    private static async Task AssertStateAsync(LicenseAuthorityApplication app, SoldLicense license, DateTimeOffset at, string state, bool sweep)
    {
        app.Time.SetUtcNow(at);
        if (sweep)
        {
            await Given.SettleDueAsync(app);
        }

        var fetched = await SoldLicense.FetchCodeAsync(app, license.FirstCode);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await license.StateAsync(), Is.EqualTo(state), $"{at:O}");
            Assert.That(fetched.Json.GetProperty("state").GetString(), Is.EqualTo(state), $"{at:O}");
            foreach (var other in States)
            {
                Assert.That((await app.Admin.ListIdsAsync("licenses?state=" + other)).Contains(license.Id), Is.EqualTo(other == state), $"{other} at {at:O}");
            }
        }
    }
}
