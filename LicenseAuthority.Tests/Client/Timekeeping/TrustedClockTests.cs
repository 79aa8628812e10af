using LicenseAuthority.Client;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Tests.Client.Timekeeping;

/// <summary>What time it is, by a clock that may be wrong in any way and must lock nobody out for good.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TrustedClockTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private DateTimeOffset _wall = Start;
    private TimeSpan _running;
    private TrustedClock _clock = TrustedClock.Start(ClockPolicy.SystemClock, new ClockSample(Start, TimeSpan.Zero));

    private ClockSample Sample => new(_wall, _running);

    private ClockReading Reading => _clock.Read(Sample);

    [Test]
    public void Read_NothingIsKnown_BelievesTheClock()
    {
        Assert.That((Reading.Now, Reading.Standing), Is.EqualTo((Start, ClockStanding.Good)));
        _wall = Start.AddYears(100);
        Assert.That((Reading.Now, Reading.Standing), Is.EqualTo((_wall, ClockStanding.Good)));
    }

    [TestCase(0, ClockStanding.Good)]
    [TestCase(1, ClockStanding.Good)]
    [TestCase(-1, ClockStanding.Good)]
    [TestCase(-60, ClockStanding.Held)]
    [TestCase(-24 * 60, ClockStanding.Held)]
    [TestCase((-24 * 60) - 1, ClockStanding.RolledBack)]
    [TestCase(31 * 24 * 60, ClockStanding.Good)]
    [TestCase((31 * 24 * 60) + 1, ClockStanding.FarAhead)]
    public void Read_OfASignedTime_StandsStillForADayAndIsThenRolledBack(int minutes, object standing)
    {
        Learn(Start);
        _wall = Start.AddMinutes(minutes);

        Assert.That(Reading.Standing, Is.EqualTo(standing));
        Assert.That(Reading.Now, Is.EqualTo(minutes < 0 && Reading.Standing != ClockStanding.RolledBack ? Start : _wall));
    }

    [Test]
    public void Read_TheClockIsSetRight_IsGoodAtOnce()
    {
        Learn(Start);
        _wall = Start - (3 * Day);
        Look();
        _wall = Start + Hour;

        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.Good));
    }

    [Test]
    public void Look_TheClockGoesOn_MovesTheOwnMark()
    {
        Learn(Start);
        Pass(10 * Day, Hour);
        _wall -= 2 * Day;

        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.RolledBack));
        Assert.That(_clock.Marks.Floor, Is.EqualTo(Start + (10 * Day)));
    }

    [Test]
    public void Look_OneAfternoonWithAWrongMonth_LeavesNothing()
    {
        Learn(Start);
        _wall += 30 * Day;
        Pass(5 * Hour, TimeSpan.FromSeconds(5 * 60));
        _wall -= 30 * Day;
        Look();

        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.Good));
        Assert.That(_clock.Marks.Floor, Is.EqualTo(_wall));
    }

    // Somebody tries out what will be next month, and the month after, and starts the program each time.
    [Test]
    public void Look_SeveralWrongMonthsInSeveralRuns_LeaveNothing()
    {
        Learn(Start);
        foreach (var days in (int[])[30, 60, 90, 120])
        {
            Restart(Start + TimeSpan.FromDays(days));
            Pass(Hour, TimeSpan.FromMinutes(5));
        }

        Restart(Start + (6 * Hour));

        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.Good));
    }

    [Test]
    public void Look_AJumpThatADayAgreesWith_Counts()
    {
        Learn(Start);
        _wall += 60 * Day;
        Pass(Day, Hour);
        _wall -= 40 * Day;

        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.RolledBack));
    }

    [Test]
    public void Look_AJumpWithAReadingADayLaterInTheNextRun_Counts()
    {
        Learn(Start);
        Restart(Start.AddYears(10));
        Restart(Start.AddYears(10) + Day);
        Restart(Start + Hour);

        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.RolledBack));
    }

    // A program that is started once a week had no mark of its own: its clock could be set back to the first day.
    [Test]
    public void Look_AProgramOfOnceAWeek_HasAMarkOfItsOwn()
    {
        Learn(Start);
        for (var week = 1; week <= 8; week++)
        {
            Restart(Start + (week * 7 * Day));
        }

        Restart(Start + Day);

        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.RolledBack));
    }

    // The way out of a week with a wrong year.
    [Test]
    public void Learn_ALaterSignedTime_SetsTheOwnMarkBackToItself()
    {
        Learn(Start);
        _wall = Start.AddYears(10);
        Pass(7 * Day, Hour);
        _wall = Start + (8 * Day);
        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.RolledBack), "a week of agreeing readings was believed");

        Learn(Start + (8 * Day) - Hour);

        Assert.That((Reading.Standing, Reading.Now), Is.EqualTo((ClockStanding.Good, _wall)));
    }

    [Test]
    public void Learn_AnEarlierSignedTime_ChangesNothing()
    {
        Learn(Start);
        var before = _clock;
        Learn(Start - Day);

        Assert.That(_clock, Is.SameAs(before));
    }

    [Test]
    public void Merge_TheKeyIsRevoked_TheTimeFallsWithIt()
    {
        _clock = _clock.Learn(Start.AddYears(5), 7, Sample);
        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.RolledBack));

        _clock = _clock.Merge(ClockMarks.None, 8, Sample);

        Assert.That(Reading.Standing, Is.EqualTo(ClockStanding.Good));
    }

    [Test]
    public void Merge_OfTwoProcesses_TheLaterSignedTimeBringsItsOwnMark()
    {
        var wild = new ClockMarks { Signed = Start, Seen = Start.AddYears(9), LastReading = Start.AddYears(9) };
        var healed = new ClockMarks { Signed = Start + Day, Seen = Start + Day + Hour, LastReading = Start + Day + Hour };

        Assert.That(ClockMarks.Merge(wild, healed).Floor, Is.EqualTo(Start + Day + Hour));
        Assert.That(ClockMarks.Merge(healed, wild).Floor, Is.EqualTo(Start + Day + Hour));
    }

    [Test]
    public void Read_OfADeviceWithoutABatteryClock_RunsOnFromTheLastKnownTime()
    {
        _wall = DateTimeOffset.UnixEpoch;
        _clock = TrustedClock.Start(ClockPolicy.RunFromLastKnownTime, Sample);
        Learn(Start);
        Pass(3 * Day, Hour);
        Assert.That((Reading.Now, Reading.Standing), Is.EqualTo((Start + (3 * Day), ClockStanding.Running)));

        // Switched off and on again: the time in between does not count, and what had run does.
        var marks = _clock.Marks;
        (_wall, _running) = (DateTimeOffset.UnixEpoch, TimeSpan.Zero);
        _clock = TrustedClock.Start(ClockPolicy.RunFromLastKnownTime, Sample).Merge(marks, 0, Sample);
        Pass(Hour, Hour);

        Assert.That(Reading.Now, Is.EqualTo(Start + (3 * Day) + Hour));
    }

    [Test]
    public void Read_TheClockOfSuchADeviceIsSet_IsBelieved()
    {
        _wall = DateTimeOffset.UnixEpoch;
        _clock = TrustedClock.Start(ClockPolicy.RunFromLastKnownTime, Sample);
        Learn(Start);
        _wall = Start + (9 * Day);

        Assert.That((Reading.Now, Reading.Standing), Is.EqualTo((_wall, ClockStanding.Good)));
    }

    private void Learn(DateTimeOffset signed) => _clock = _clock.Learn(signed, 7, Sample);

    private void Look() => _clock = _clock.Look(Sample);

    // Both clocks go on, and are looked at now and then.
    private void Pass(TimeSpan span, TimeSpan pace)
    {
        Look();
        for (var passed = TimeSpan.Zero; passed < span; passed += pace)
        {
            (_wall, _running) = (_wall + pace, _running + pace);
            Look();
        }
    }

    private void Restart(DateTimeOffset wall)
    {
        var marks = _clock.Marks;
        (_wall, _running) = (wall, TimeSpan.Zero);
        _clock = TrustedClock.Start(ClockPolicy.SystemClock, Sample).Merge(marks, 0, Sample);
        Look();
    }
}
