using System.Globalization;
using LicenseAuthority.Marketplaces.KooGallery;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery;

/// <summary>The marketplace's spelling of an instant.</summary>
internal sealed class ExpireTimeTests
{
    [TestCase("20271124155959", 0, "2027-11-24T15:59:59Z")]
    [TestCase("20271124155959999", 0, "2027-11-24T15:59:59Z")]
    [TestCase("20271124155959", 8, "2027-11-24T07:59:59Z")]
    [TestCase("20280229000000", -8, "2028-02-29T08:00:00Z")]
    [TestCase("99991231235959", 0, "9999-12-31T23:59:59Z")]
    [TestCase("99991231235959", -14, "9999-12-31T23:59:59Z")]
    [TestCase("99991231235959999", 0, "9999-12-31T23:59:59Z")]
    [TestCase("19700101000000", 0, "1970-01-01T00:00:00Z")]
    [TestCase("19700101140000", 14, "1970-01-01T00:00:00Z")]
    public void TryParse_GoodTime_IsUtcInWholeSeconds(string text, int offsetHours, string expected)
    {
        Assert.That(ExpireTime.TryParse(text, TimeSpan.FromHours(offsetHours), out var expiresAt), Is.True);
        Assert.That(expiresAt.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture), Is.EqualTo(expected));
        Assert.That(expiresAt.Offset, Is.EqualTo(TimeSpan.Zero));
    }

    [TestCase("2027")]
    [TestCase("2027112415595")]
    [TestCase("202711241559599")]
    [TestCase("2027112415595999")]
    [TestCase("202711241559599999")]
    [TestCase("20271324155959")]
    [TestCase("20270229000000")]
    [TestCase("20271124240000")]
    [TestCase("20271124155960")]
    [TestCase("00000101000000")]
    [TestCase("2027-11-24 15:")]
    [TestCase(" 20271124155959")]
    [TestCase("20271124155959 ")]
    [TestCase("+2027112415595")]
    [TestCase("２０２７１１２４１５５９５９")]
    [TestCase("20271124155959Z")]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        Assert.That(ExpireTime.TryParse(text, TimeSpan.Zero, out _), Is.False);
    }

    // A code cannot say a time before 1970: such an order was answered as a fault of ours, at every retry. A past date is served.
    [TestCase("19691231235959", 0)]
    [TestCase("19700101075959", 8)]
    [TestCase("00010101000000", 0)]
    [TestCase("00010101000000", 14)]
    public void TryParse_TimeBefore1970_IsTheBeginningOf1970(string text, int offsetHours)
    {
        Assert.That(ExpireTime.TryParse(text, TimeSpan.FromHours(offsetHours), out var expiresAt), Is.True);
        Assert.That(expiresAt, Is.EqualTo(DateTimeOffset.UnixEpoch));
    }
}
