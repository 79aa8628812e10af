using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>What becomes of one purchase from the order to the end, call by call.</summary>
[OnEveryDatabase(AlsoOnOddTicks = true)]
internal sealed class PurchaseLifeTests
{
    [Test]
    public async Task Purchase_IssueExpireRenewRefundReleaseLateRenewal_EveryStepIsSeenAndTheLastOneAlarms()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);

        // The marketplace tells whole seconds, whatever the clock stands on.
        var firstTerm = TestClock.Round + SoldLicense.Term;

        app.Time.Advance(SoldLicense.Term);
        Assert.That((await license.ExpireAsync()).ResultCode, Is.EqualTo("000000"));
        Assert.That(await license.StateAsync(), Is.EqualTo("Frozen"));

        app.Time.Advance(TimeSpan.FromDays(2));
        Assert.That((await license.RefreshAsync(firstTerm.AddYears(1), "CS-RENEWAL")).ResultCode, Is.EqualTo("000000"));
        var renewedCode = await license.CodeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await license.StateAsync(), Is.EqualTo("Active"), "a renewal thaws");
            Assert.That(app.Check(renewedCode).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(app.Check(license.FirstCode).Outcome, Is.EqualTo(LicenseOutcome.Frozen));
        }

        Assert.That((await license.RefreshAsync(firstTerm, "CS-REFUND")).ResultCode, Is.EqualTo("000000"));
        var refunded = await license.ShowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refunded.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(firstTerm), "back to the earlier date");
            Assert.That(refunded.GetProperty("state").GetString(), Is.EqualTo("Frozen"));
        }

        Assert.That((await license.ReleaseAsync()).ResultCode, Is.EqualTo("000000"));
        var late = await license.RefreshAsync(firstTerm.AddYears(2), "CS-LATE");
        Assert.That(late.ResultCode, Is.EqualTo("000003"), "an order that cannot be served is not a success");

        var end = await license.ShowAsync();
        var unserved = (await license.ConflictsAsync()).Single();
        string[] expected =
        [
            "license.issued marketplace",
            "license.frozen clock",
            "license.frozen marketplace",
            "license.renewed marketplace",
            "license.renewed marketplace",
            "license.frozen clock",
            "license.released marketplace",
            "order.unserved marketplace",
        ];
        var alarms = app.Logs.Lines.Where(line => line.Level == LogLevel.Error).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.GetProperty("state").GetString(), Is.EqualTo("Released"));
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(expected));
            Assert.That(
                end.GetProperty("orders").EnumerateArray().Select(order => $"{order.GetProperty("orderId")} {order.GetProperty("scene")}"),
                Is.EqualTo(new[] { $"{license.OrderId} NEW", "CS-RENEWAL REFRESH", "CS-REFUND REFRESH", "CS-LATE REFRESH" }));
            Assert.That(unserved.GetProperty("kind").GetString(), Is.EqualTo("unserved"));
            Assert.That(unserved.GetProperty("source").GetProperty("orderId").GetString(), Is.EqualTo("CS-LATE"));
            Assert.That(unserved.GetProperty("reason").GetString(), Does.Contain("released by the marketplace"));
            Assert.That(alarms, Has.Count.EqualTo(1));
            Assert.That(alarms[0].Message, Does.StartWith("ALARM").And.Contain(license.Id).And.Contain("CS-LATE"));
        }
    }

    [Test]
    public async Task Renewal_Applied_NewCodeIsLaterAndSoftwareWithTheOldOneFetchesIt()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);

        // In the same second: the new code must still be the later one.
        await license.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(100));

        var code = await license.CodeAsync();
        var first = app.Check(license.FirstCode).License!;
        var second = app.Check(code).License!;
        var fetched = await SoldLicense.FetchCodeAsync(app, license.FirstCode);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(second.IssuedAt, Is.GreaterThan(first.IssuedAt), "within a license iat strictly rises");
            Assert.That(second.Generation, Is.EqualTo(2));
            Assert.That(second.Quantity, Is.EqualTo(first.Quantity));
            Assert.That(second.CustomerId, Is.EqualTo(first.CustomerId));
            Assert.That(fetched.Json.GetProperty("code").GetString(), Is.EqualTo(code));
            Assert.That(fetched.Json.GetProperty("state").GetString(), Is.EqualTo("Active"));
        }
    }

    [Test]
    public async Task Renewal_UnknownProductId_ServedOnTheProductItHasWithAWarning()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", .. LicenseAuthorityApplication.Product(0, "editor", "OFFI000000000000000001")]);
        var license = await SoldLicense.BuyAsync(app);

        var reply = await app.Marketplace.SendAsync(
            InstanceCall.Refresh(license.Id, "CS-MONTHLY", app.Time.GetUtcNow() + TimeSpan.FromDays(100)).With("productId", "OFFI-NOT-KNOWN"));

        var shown = await license.ShowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000000"), "paid for, so served");
            Assert.That(app.Check(shown.GetProperty("code").GetString(), "editor").Outcome, Is.EqualTo(LicenseOutcome.Valid), "a renewal never changes aud");
            Assert.That(shown.GetProperty("orders")[1].GetProperty("productId").GetString(), Is.EqualTo("OFFI-NOT-KNOWN"));
            Assert.That(
                app.Logs.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Message),
                Has.One.Contains("OFFI-NOT-KNOWN").And.Contains(license.Id));
        }
    }

    [Test]
    public async Task Renewal_EqualDate_IsARenewalAndThaws()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        await license.ExpireAsync();

        var reply = await license.RefreshAsync(app.Time.GetUtcNow() + SoldLicense.Term);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000000"));
            Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
            Assert.That(await license.ConflictsAsync(), Is.Empty);
        }
    }

    [TestCase("00010101000000")]
    [TestCase("19691231235959")]
    [TestCase("19700101000000")]
    public async Task Call_DateLongPast_IsServedAllTheSame(string expireTime)
    {
        // "A past date at create or renew = served": a paid order must not fail because a date makes no sense.
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var bought = await SoldLicense.BuyAsync(app, call => call.With("expireTime", expireTime));
        var renewed = await Given.LicenseAsync(app, GivenState.Active);
        var reply = await app.Marketplace.SendAsync(InstanceCall.Refresh(renewed.Id, "CS-LONG-PAST", default).With("expireTime", expireTime));
        var conflict = (await renewed.ConflictsAsync()).Single().GetProperty("id").GetString();
        var applied = await app.Admin.PostAsync($"conflicts/{conflict}/apply");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await bought.StateAsync(), Is.EqualTo("Released"));
            Assert.That(app.Check(bought.FirstCode).Outcome, Is.EqualTo(LicenseOutcome.Expired));
            Assert.That(reply.ResultCode, Is.EqualTo("000000"));
            Assert.That(applied.Code, Is.Null, applied.ToString());
            Assert.That(await renewed.StateAsync(), Is.EqualTo("Released"));
        }
    }

    [Test]
    public async Task Renewal_DateInThePast_IsServedAndTheClockDecidesAtOnce()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        app.Time.Advance(SoldLicense.Term + TimeSpan.FromDays(20));
        var late = app.Time.GetUtcNow() - TimeSpan.FromDays(1);
        var tooLate = await SoldLicense.BuyAsync(app, call => call.With("expireTime", InstanceCall.Text(late - TimeSpan.FromDays(40))));

        var reply = await license.RefreshAsync(late);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000000"));
            Assert.That(await license.StateAsync(), Is.EqualTo("Frozen"), "restored from its release, and in its grace");
            Assert.That(await tooLate.StateAsync(), Is.EqualTo("Released"), "bought with a term whose grace is over too");
        }
    }
}
