using LicenseAuthority.Licensing;

namespace LicenseAuthority.Tests.Licensing;

internal sealed class LicenseTimeTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 31, 12, 0, 0, TimeSpan.Zero);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(9_999_999)]
    public void CutToSecond_AnyFraction_IsTheSecondThatHasBegun(int ticks) =>
        Assert.That(LicenseTime.CutToSecond(Noon.AddTicks(ticks)), Is.EqualTo(Noon));

    [Test]
    public void CutToSecond_BeforeTheEpoch_GoesBackNotForward()
    {
        var before = DateTimeOffset.UnixEpoch.AddTicks(-1);

        Assert.That(LicenseTime.CutToSecond(before), Is.EqualTo(DateTimeOffset.UnixEpoch.AddSeconds(-1)));
    }

    [Test]
    public void CutToSecond_AnotherZone_IsTheSameInstantInUtc()
    {
        var beijing = new DateTimeOffset(2026, 3, 31, 20, 0, 0, 500, TimeSpan.FromHours(8));

        var cut = LicenseTime.CutToSecond(beijing);

        Assert.That(cut, Is.EqualTo(Noon));
        Assert.That(cut.Offset, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void CutToSecond_EndsOfTheCalendar_Work()
    {
        Assert.That(LicenseTime.CutToSecond(DateTimeOffset.MaxValue), Is.EqualTo(LicenseTime.Latest));
        Assert.That(LicenseTime.CutToSecond(DateTimeOffset.MinValue), Is.EqualTo(DateTimeOffset.MinValue));
    }

    [Test]
    public void Add_WithinTheCalendar_Adds() =>
        Assert.That(LicenseTime.Add(Noon, TimeSpan.FromDays(15)), Is.EqualTo(Noon.AddDays(15)));

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(15 * 86_400)]
    public void Add_BeyondTheEndOfTime_StopsThere(int seconds)
    {
        Assert.That(LicenseTime.Add(LicenseTime.Latest, TimeSpan.FromSeconds(seconds)), Is.EqualTo(LicenseTime.Latest));
        Assert.That(LicenseTime.Add(Noon, TimeSpan.MaxValue), Is.EqualTo(LicenseTime.Latest));
    }

    [Test]
    public void Add_ToTheLastSecond_IsExact()
    {
        var day = TimeSpan.FromDays(1);

        Assert.That(LicenseTime.Add(LicenseTime.Latest - day, day), Is.EqualTo(LicenseTime.Latest));
        Assert.That(LicenseTime.Add(LicenseTime.Latest - day, day - TimeSpan.FromSeconds(1)), Is.EqualTo(LicenseTime.Latest.AddSeconds(-1)));
    }

    [Test]
    public void Later_IsTheLater()
    {
        Assert.That(LicenseTime.Later(Noon, Noon.AddTicks(1)), Is.EqualTo(Noon.AddTicks(1)));
        Assert.That(LicenseTime.Later(Noon.AddTicks(1), Noon), Is.EqualTo(Noon.AddTicks(1)));
        Assert.That(LicenseTime.Later(Noon, Noon), Is.EqualTo(Noon));
    }
}
