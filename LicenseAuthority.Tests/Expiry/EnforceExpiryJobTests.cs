using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Expiry;

/// <summary>The scheduler as it really runs: Quartz goes by the computer's clock, what is due is judged by the service's.</summary>
internal sealed class EnforceExpiryJobTests
{
    [Test]
    public async Task Job_EveryInterval_RecordsWhatBecameDueWithoutAnyCall()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Interval=00:00:01"]);
        var license = await SoldLicense.BuyAsync(app);
        var settled = app.Logs.NextAsync(line => line.Message == "The clock decided on 1 licenses; recorded.");
        app.Time.Advance(SoldLicense.Term);
        await settled;

        string[] expected = ["license.issued marketplace", "license.frozen clock"];
        Assert.That(await license.EventWordsAsync(), Is.EqualTo(expected), "once each, however often it runs");
    }
}
