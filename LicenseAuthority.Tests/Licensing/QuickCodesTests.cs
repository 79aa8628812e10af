using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>Codes of one license that are made at once are a second apart each, and so ahead of the clock: no clock is wrong for that.</summary>
[OnEveryDatabase]
internal sealed class QuickCodesTests
{
    [Test]
    public async Task Codes_ManyAtOnce_NobodyIsToldOfAWrongClock()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        for (var code = 0; code < 70; code++)
        {
            await license.CommandAsync("reissue");
        }

        Assert.That(app.Logs.Lines.Select(static line => line.Message), Has.None.Contains("ahead of the clock"));
    }

    [TestCase(60, 2, false)]
    [TestCase(61, 2, true)]
    [TestCase(300, 300, false)]
    [TestCase(301, 300, true)]
    [TestCase(3600, 80, true)]
    public void IsNoticed(int leadSeconds, int generation, bool expected) =>
        Assert.That(CodeTime.IsNoticed(TimeSpan.FromSeconds(leadSeconds), generation), Is.EqualTo(expected));
}
