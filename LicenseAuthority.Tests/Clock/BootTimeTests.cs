using LicenseAuthority.Clock;

namespace LicenseAuthority.Tests.Clock;

internal sealed class BootTimeTests
{
    [Test]
    [Platform("Linux")]
    public void Timestamp_OnLinux_IsTheUptimeWithSleep()
    {
        var time = BootTime.OrSystem;
        Assert.That(time, Is.TypeOf<BootTime>());

        // The kernel's own figure counts sleep too. It is read before and after, so that nothing is guessed.
        var before = ReadUptime();
        var uptime = time.GetElapsedTime(0, time.GetTimestamp());
        var after = ReadUptime();

        Assert.That(uptime, Is.InRange(before - TimeSpan.FromSeconds(1), after + TimeSpan.FromSeconds(1)));
    }

    private static TimeSpan ReadUptime() =>
        TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
}
