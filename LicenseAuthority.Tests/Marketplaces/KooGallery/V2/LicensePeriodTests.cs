using System.Globalization;
using LicenseAuthority.Marketplaces.KooGallery.V2;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

internal sealed class LicensePeriodTests
{
    [TestCase("2023-10-27 10:30:15 z", "2023-10-27T10:30:15Z")]
    [TestCase("2023-10-27 10:30:15 Z", "2023-10-27T10:30:15Z")]
    [TestCase("2023-10-27 10:30:15z", "2023-10-27T10:30:15Z")]
    [TestCase("2023-10-27 10:30:15", "2023-10-27T10:30:15Z")]
    [TestCase(" 2023-10-27 10:30:15 z ", "2023-10-27T10:30:15Z")]
    [TestCase("2023-10-27T10:30:15Z", "2023-10-27T10:30:15Z")]
    [TestCase("2023-10-27T10:30:15.999Z", "2023-10-27T10:30:15Z")]
    [TestCase("2023-10-27T10:30:15", "2023-10-27T10:30:15Z")]
    [TestCase("2023-10-27T18:30:15+08:00", "2023-10-27T10:30:15Z")]
    [TestCase("2023-10-27T18:30:15.25+08:00", "2023-10-27T10:30:15Z")]
    [TestCase("20231027103015", "2023-10-27T10:30:15Z")]
    [TestCase("20231027103015256", "2023-10-27T10:30:15Z")]
    [TestCase("2024-02-29 23:59:59 z", "2024-02-29T23:59:59Z")]
    [TestCase("9999-12-31 23:59:59 z", "9999-12-31T23:59:59Z")]
    [TestCase("1969-12-31 23:59:59 z", "1970-01-01T00:00:00Z")]
    public void TryParse_EachSpelling_IsUtcInWholeSeconds(string text, string expected)
    {
        Assert.That(LicensePeriod.TryParse(text, out var instant), Is.True);
        Assert.That(instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture), Is.EqualTo(expected));
        Assert.That(instant.Offset, Is.EqualTo(TimeSpan.Zero));
    }

    [TestCase("")]
    [TestCase("z")]
    [TestCase("2023-10-27")]
    [TestCase("2023-02-29 00:00:00 z")]
    [TestCase("2023-10-27 24:00:00 z")]
    [TestCase("2023-10-27 10:30 z")]
    [TestCase("27.10.2023 10:30:15")]
    [TestCase("2023-10-27T18:30:15+08:00 z")]
    [TestCase("2023102710301")]
    [TestCase("202310271030152")]
    [TestCase("1698402615")]
    [TestCase("2023-10-27 10:30:15 zz")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.That(LicensePeriod.TryParse(text, out _), Is.False);
}
