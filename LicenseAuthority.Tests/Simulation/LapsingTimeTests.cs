using LicenseAuthority.Simulation;

namespace LicenseAuthority.Tests.Simulation;

/// <summary>A clock that lapses: all of it goes ahead together, or the guard of the service's time would see a jump.</summary>
internal sealed class LapsingTimeTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly LapsingTime _time = new();

    [Test]
    public void Lapse_OfADay_MovesWallTimeAndTimestampsAlike()
    {
        var (wall, timestamp) = (_time.GetUtcNow(), _time.GetTimestamp());

        _time.Lapse(Day);

        var passed = _time.GetUtcNow() - wall;
        Assert.That(passed, Is.GreaterThanOrEqualTo(Day));
        Assert.That((_time.GetElapsedTime(timestamp) - passed).Duration(), Is.LessThan(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public void Lapse_PastATimer_CallsItOnce_AndAgainOnlyWithItsPeriod()
    {
        var (once, often) = (0, 0);
        using var timer = _time.CreateTimer(_ => once++, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        using var periodic = _time.CreateTimer(_ => often++, null, TimeSpan.FromHours(1), TimeSpan.FromHours(1));

        _time.Lapse(TimeSpan.FromMinutes(59));
        var before = (once, often);
        _time.Lapse(Day);
        var after = (once, often);
        _time.Lapse(Day);

        Assert.That((before, after, (once, often)), Is.EqualTo(((0, 0), (1, 1), (1, 2))), "a year at once is no million of calls");
    }

    [Test]
    public void Lapse_PastATimerThatWasDisposedOrChanged_DoesNotCallIt()
    {
        var calls = 0;
        var disposed = _time.CreateTimer(_ => calls++, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        using var changed = _time.CreateTimer(_ => calls++, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        disposed.Dispose();
        changed.Change(TimeSpan.FromDays(3), Timeout.InfiniteTimeSpan);

        _time.Lapse(Day);

        Assert.That(calls, Is.Zero);
    }

    [Test]
    public async Task Timer_WithoutALapse_ComesByItself()
    {
        await Task.Delay(TimeSpan.FromMilliseconds(1), _time);

        Assert.Pass("it came");
    }

    [Test]
    public async Task Lapse_EndsADelay()
    {
        var delay = Task.Delay(Day, _time);
        Assert.That(delay.IsCompleted, Is.False);

        _time.Lapse(Day);

        await delay.WaitAsync(Support.Patience.Length);
    }
}
