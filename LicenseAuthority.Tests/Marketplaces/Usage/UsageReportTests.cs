using System.Globalization;
using LicenseAuthority.Marketplaces.Usage;

namespace LicenseAuthority.Tests.Marketplaces.Usage;

/// <summary>How a day's use is cut into reports, and when a day is.</summary>
internal sealed class UsageReportTests
{
    private static readonly DateOnly Day = new(2026, 11, 24);
    private static readonly UsagePolicy Policy = new() { Offset = TimeSpan.FromHours(8), MostLicenses = 100, MostEntries = 100 };

    [TestCase(0, true, 1)]
    [TestCase(99, true, 1)]
    [TestCase(100, false, 1)]
    [TestCase(100, true, 2)]
    [TestCase(101, false, 2)]
    [TestCase(200, false, 2)]
    [TestCase(200, true, 3)]
    [TestCase(0, false, 0)]
    public void Of_ALicense_IsInAsManyReportsAsItsEntriesNeed(int ids, bool hasNumber, int reports) =>
        Assert.That(UsageReport.Of(Day, [new UsedLicense("lic_1", ids, hasNumber)], Policy).Select(report => report.Part), Is.EqualTo(Enumerable.Range(0, reports)));

    [Test]
    public void Of_SeveralLicenses_FurtherReportsHaveThoseWithMore()
    {
        UsedLicense[] used = [new("lic_1", 0, true), new("lic_2", 250, false), new("lic_3", 101, false)];

        Assert.That(
            UsageReport.Of(Day, used, Policy).Select(report => string.Join(' ', report.Licenses)),
            Is.EqualTo(["lic_1 lic_2 lic_3", "lic_2 lic_3", "lic_2"]));
    }

    [Test]
    public void ToJson_ReadBack_IsTheSame()
    {
        var read = UsageReport.Read(new UsageReport(Day, 2, ["lic_1", "lic_2"]).ToJson());

        Assert.That((read.Day, read.Part), Is.EqualTo((Day, 2)));
        Assert.That(read.Licenses, Is.EqualTo(["lic_1", "lic_2"]));
    }

    [TestCase("2026-11-24T15:59:59.999Z", "2026-11-24")]
    [TestCase("2026-11-24T16:00:00Z", "2026-11-25")]
    [TestCase("2028-02-29T15:00:00Z", "2028-02-29")]
    [TestCase("2026-12-31T16:00:00Z", "2027-01-01")]
    public void DayOf_IsTheMarketplaces(string instant, string day) => Assert.That(
        Policy.DayOf(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture)),
        Is.EqualTo(DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture)));

    [Test]
    public void EndOf_ADay_IsMidnightThere() => Assert.That(Policy.EndOf(Day), Is.EqualTo(new DateTimeOffset(2026, 11, 24, 16, 0, 0, TimeSpan.Zero)));
}
