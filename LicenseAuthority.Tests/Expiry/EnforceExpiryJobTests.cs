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
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        app.Time.Advance(SoldLicense.Term);
        await WaitForAsync(app, license, "license.frozen clock", limit.Token);
        app.Time.Advance(SoldLicense.Grace);
        await WaitForAsync(app, license, "license.released clock", limit.Token);

        string[] expected = ["license.issued marketplace", "license.frozen clock", "license.released clock"];
        Assert.That(await license.EventWordsAsync(), Is.EqualTo(expected), "once each, however often it runs");
    }

    private static async Task WaitForAsync(LicenseAuthorityApplication app, SoldLicense license, string word, CancellationToken limit)
    {
        while (!(await license.EventWordsAsync()).Contains(word))
        {
            Assert.That(limit.IsCancellationRequested, Is.False, () => string.Join('\n', app.Logs.Lines.Select(line => line.Message)));
            await Task.Yield();
        }
    }
}
