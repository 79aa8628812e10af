using LicenseAuthority.Clock;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Clock;

/// <summary>Which time the service goes by, for each way in which the clock of a machine can go wrong and be put right.</summary>
internal sealed class SteadyTimeTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan HoldFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FiftyDays = TimeSpan.FromDays(50);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private RecordedLogs _logs = null!;
    private FakeTimeProvider _time = null!;
    private ShiftedTime _machine = null!;
    private SteadyTime _steady = null!;

    private DateTimeOffset Right => _time.GetUtcNow();

    private IEnumerable<string> Alarms => _logs.Lines
        .Where(line => line.Level == LogLevel.Error)
        .Select(line => line.Message[..line.Message.IndexOf(':', StringComparison.Ordinal)]);

    [SetUp]
    public void Begin() => Begin(HoldFor);

    [TearDown]
    public void End() => _logs.Dispose();

    [Test]
    public void Now_BothClocksGoOn_IsTheWallTime([Values(0, 1, 600, 86_400 * 365)] int seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right));
        Assert.That(_logs.Lines, Is.Empty, "a fake clock that is advanced has not jumped, however far");
    }

    [Test]
    public void Now_JumpAheadAfterAGoodTime_GoesOnFromThere()
    {
        BecomeGood();

        _machine.Shift = FiftyDays;
        var atOnce = _steady.Read();
        _time.Advance(TimeSpan.FromSeconds(65));
        var later = _steady.Read();
        _machine.Shift = TimeSpan.Zero;
        var corrected = _steady.Read();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(atOnce.Now, Is.EqualTo(Right - TimeSpan.FromSeconds(65)));
            Assert.That(atOnce.Ahead, Is.EqualTo(FiftyDays));
            Assert.That(later.Now, Is.EqualTo(Right));
            Assert.That(later.IsHeld, Is.True);
            Assert.That(later.IsSettled, Is.False);
            Assert.That(corrected.Now, Is.EqualTo(Right));
            Assert.That(corrected.IsHeld, Is.False);
            Assert.That(corrected.IsSettled, Is.True, "the time that was good before is there again: nothing is in doubt");
            Assert.That(Alarms, Is.EqualTo(["ALARM", "ALARM ended"]), "once each");
        }
    }

    [Test]
    public void Now_NewTimeHasHeld_IsBelieved()
    {
        BecomeGood();
        _machine.Shift = FiftyDays;
        _steady.GetUtcNow();

        _time.Advance(HoldFor - Second);
        var before = _steady.Read();
        _time.Advance(Second);
        var after = _steady.Read();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(before.Now, Is.EqualTo(Right - Second));
            Assert.That(after.Now, Is.EqualTo(Right + FiftyDays), "a machine that slept, or was set right, needs no person");
            Assert.That(after.IsSettled, Is.True);
            Assert.That(Alarms, Is.EqualTo(["ALARM", "ALARM ended"]));
        }
    }

    [Test]
    public void Now_JumpGoesOnJumping_HasNotHeld()
    {
        BecomeGood();
        for (var i = 1; i <= 5; i++)
        {
            _machine.Shift = i * FiftyDays;
            Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right));
            _time.Advance(HoldFor - Second);
        }

        Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right));
        Assert.That(Alarms, Is.EqualTo(["ALARM"]), "one, for all of it");
    }

    [Test]
    public void Now_JumpBeforeAnyTimeWasGood_IsBelievedAtOnce()
    {
        // A machine that boots in 1970 and is corrected must serve.
        _time.Advance(HoldFor - Second);
        _steady.GetUtcNow();

        _machine.Shift = FiftyDays;
        var corrected = _steady.Read();
        _time.Advance(HoldFor - Second);
        var before = _steady.Read();
        _time.Advance(Second);
        var after = _steady.Read();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(corrected.Now, Is.EqualTo(corrected.Wall));
            Assert.That(corrected.IsHeld, Is.False);
            Assert.That(before.IsSettled, Is.False, "no sweep yet: counted anew from the jump");
            Assert.That(after.IsSettled, Is.True);
            Assert.That(Alarms, Is.Empty);
        }
    }

    [TestCase(60, false)]
    [TestCase(61, true)]
    [TestCase(-60 * 24 * 365, false)]
    public void Now_StepOf(int minutes, bool isHeld)
    {
        BecomeGood();

        _machine.Shift = TimeSpan.FromMinutes(minutes);

        Assert.That(_steady.Read().IsHeld, Is.EqualTo(isHeld));
        Assert.That(_steady.GetUtcNow(), Is.EqualTo(isHeld ? Right : Right + _machine.Shift));
        Assert.That(_steady.Read().IsSettled, Is.EqualTo(!isHeld), "a small step, or one back, keeps no sweep waiting");
    }

    [Test]
    public void Now_SmallStepThenAJump_GoesOnFromTheSmallStep()
    {
        BecomeGood();
        _machine.Shift = TimeSpan.FromMinutes(30);
        _steady.GetUtcNow();

        _machine.Shift = FiftyDays;

        Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right + TimeSpan.FromMinutes(30)));
    }

    [Test]
    public void Now_ManySmallStepsInAMoment_AreAJump()
    {
        BecomeGood();
        for (var minutes = 0; minutes <= 600; minutes += 50)
        {
            _machine.Shift = TimeSpan.FromMinutes(minutes);
            _steady.GetUtcNow();
            _time.Advance(Second);
        }

        Assert.That(_steady.Read().IsHeld, Is.True);
        Assert.That(_steady.GetUtcNow() - Right, Is.LessThanOrEqualTo(SteadyTime.Tolerance));
    }

    [Test]
    public void Now_SlowDriftForYears_IsNoJump()
    {
        // A machine whose two clocks do not have quite the same speed.
        BecomeGood();
        for (var day = 0; day < 2000; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
            _machine.Shift += TimeSpan.FromSeconds(9);
            Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right + _machine.Shift));
        }

        Assert.That(Alarms, Is.Empty);
    }

    [Test]
    public void Now_BackAndThenRightAgain_IsBelievedBothTimes()
    {
        BecomeGood();
        _machine.Shift = -FiftyDays;
        var back = _steady.Read();
        _time.Advance(TimeSpan.FromMinutes(1));
        _machine.Shift = TimeSpan.Zero;

        Assert.That(back.Now, Is.EqualTo(back.Wall));
        Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right));
        Assert.That(Alarms, Is.Empty);
    }

    [Test]
    public void Now_WrongTimeHeldTooLong_IsCorrectedAtOnce()
    {
        BecomeGood();
        _machine.Shift = FiftyDays;
        _steady.GetUtcNow();
        _time.Advance(HoldFor);
        Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right + FiftyDays));

        _machine.Shift = TimeSpan.Zero;

        Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right));
        Assert.That(_steady.Read().IsSettled, Is.True, "a time that is too early releases nothing");
    }

    [Test]
    public void Now_JumpFromATimeBelowWhatIsStored_IsBelievedAtOnce()
    {
        // Booted a month behind, and that for so long that it was taken for good.
        BecomeGood();
        _steady.NotBefore = Right + TimeSpan.FromDays(30);

        _machine.Shift = FiftyDays;
        var reading = _steady.Read();

        Assert.That(reading.Now, Is.EqualTo(Right + FiftyDays));
        Assert.That(reading.IsSettled, Is.False, "and no sweep in the first ten minutes");
        Assert.That(Alarms, Is.Empty);
    }

    [Test]
    public void Now_HeldAndThenFoundToLieBelowWhatIsStored_IsBelieved()
    {
        BecomeGood();
        _machine.Shift = FiftyDays;
        _steady.GetUtcNow();

        _steady.NotBefore = Right + TimeSpan.FromDays(30);

        Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right + FiftyDays));
        Assert.That(Alarms, Is.EqualTo(["ALARM", "ALARM ended"]));
    }

    [Test]
    public void Now_JumpWhileAnotherNodesClockIsALittleAhead_IsHeld()
    {
        // Its events are newer than our time; that proves nothing about a jump of fifty days.
        BecomeGood();
        _steady.NotBefore = Right + TimeSpan.FromSeconds(5);

        _machine.Shift = FiftyDays;

        Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right));
    }

    [TestCase(0, true)]
    [TestCase(-300, true)]
    [TestCase(300, true)]
    [TestCase(301, false)]
    [TestCase(-301, false)]
    public void Prove_CallNearTheNewWallTime_IsBelieved(int seconds, bool isBelieved)
    {
        BecomeGood();
        _machine.Shift = FiftyDays;

        _steady.Prove(Right + FiftyDays + TimeSpan.FromSeconds(seconds));

        Assert.That(_steady.GetUtcNow(), Is.EqualTo(isBelieved ? Right + FiftyDays : Right));
        Assert.That(_steady.Read().IsSettled, Is.False, "sweeps wait all the same");
    }

    [Test]
    public void Prove_CallOfTheTimeBeforeTheJump_ProvesNothing()
    {
        BecomeGood();
        _machine.Shift = FiftyDays;

        _steady.Prove(Right);

        Assert.That(_steady.GetUtcNow(), Is.EqualTo(Right));
    }

    [Test]
    public void HoldForZero_SwitchesAllOfThisOff()
    {
        Begin(TimeSpan.Zero);
        _time.Advance(TimeSpan.FromHours(1));
        _steady.GetUtcNow();

        _machine.Shift = FiftyDays;
        var reading = _steady.Read();

        Assert.That(reading.Now, Is.EqualTo(Right + FiftyDays));
        Assert.That(reading.IsSettled, Is.True);
        Assert.That(_logs.Lines, Is.Empty);
    }

    [Test]
    public void SettledFor_CountsFromTheEndOfTheDoubt()
    {
        _time.Advance(HoldFor + TimeSpan.FromMinutes(3));
        var afterStart = _steady.Read();
        _machine.Shift = FiftyDays;
        _steady.GetUtcNow();
        _time.Advance(TimeSpan.FromMinutes(2));
        _machine.Shift = TimeSpan.Zero;
        _steady.GetUtcNow();
        _time.Advance(TimeSpan.FromMinutes(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(afterStart.SettledFor, Is.EqualTo(TimeSpan.FromMinutes(3)), "whether somebody asked meanwhile or not");
            Assert.That(_steady.Read().SettledFor, Is.EqualTo(TimeSpan.FromMinutes(1)));
            Assert.That(_steady.Read().OverdueSince(Right.AddYears(-1)), Is.EqualTo(TimeSpan.FromMinutes(1)));
            Assert.That(_steady.Read().OverdueSince(Right.AddSeconds(-1)), Is.EqualTo(Second));
            Assert.That(_steady.Read().OverdueSince(Right.AddSeconds(1)), Is.EqualTo(TimeSpan.Zero));
        }
    }

    [Test]
    public void Now_AskedByManyThreadsWhileTheClockJumps_NoneSeesTheWrongTime()
    {
        BecomeGood();
        var latest = Right + SteadyTime.Tolerance;
        using var stop = new CancellationTokenSource();
        var askers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Assert.That(_steady.GetUtcNow(), Is.LessThanOrEqualTo(latest));
            }
        })).ToArray();
        for (var i = 0; i < 1000; i++)
        {
            _machine.Shift = i % 2 == 0 ? FiftyDays : TimeSpan.Zero;
        }

        stop.Cancel();
        Assert.That(() => Task.WhenAll(askers), Throws.Nothing);
    }

    [Test]
    public void Timers_AreThoseOfTheInnerClock()
    {
        var fired = 0;
        using var timer = _steady.CreateTimer(_ => fired++, null, Second, Timeout.InfiniteTimeSpan);

        _machine.Shift = FiftyDays;
        Assert.That(fired, Is.Zero);
        _time.Advance(Second);
        Assert.That(fired, Is.EqualTo(1));
    }

    private void Begin(TimeSpan holdFor)
    {
        _logs?.Dispose();
        _logs = new RecordedLogs();
        _time = new FakeTimeProvider(Start);
        _machine = new ShiftedTime(_time);
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(_logs));
        _steady = new SteadyTime(_machine, holdFor, loggers.CreateLogger<SteadyTime>());
    }

    private void BecomeGood()
    {
        _time.Advance(HoldFor);
        Assert.That(_steady.Read().IsSettled, Is.True);
    }
}
