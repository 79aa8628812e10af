namespace LicenseAuthority.Client.Timekeeping;

/// <summary>
/// Decides what time it is, from both clocks of the machine and from what is known of the time (design: the clock of the guard). Pure and immutable: what moves
/// gives a new one.
/// </summary>
/// <remarks>
/// The floor is the latest of the signed times and the own mark. Below it time stands still for a day, then the clock counts as rolled back, for as long as it is.
/// The own mark follows the clock; ahead by more than a day at once only after readings over a whole day, none of which jumped again, so that an afternoon with a
/// wrong month locks nobody out. A later signed time sets the own mark back to itself: the way out of a longer time with a wrong year.
/// </remarks>
internal sealed class TrustedClock
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // Between two runs nobody has counted the time. A program that is used each week is to have a mark of its own, too.
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(10);

    // What a time service sets back now and then, and nobody needs to hear of.
    private static readonly TimeSpan Correction = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan FarAhead = TimeSpan.FromDays(31);

    private readonly ClockPolicy _policy;

    // From here time runs, where the wall clock does not serve: a known time, and when that was by the monotonic clock.
    private readonly DateTimeOffset _base;
    private readonly TimeSpan _baseRunning;

    // When the last reading of this run was; null before the first one.
    private readonly TimeSpan? _lastRunning;

    private TrustedClock(ClockPolicy policy, ClockMarks marks, DateTimeOffset baseTime, TimeSpan baseRunning, TimeSpan? lastRunning)
    {
        _policy = policy;
        Marks = marks;
        _base = baseTime;
        _baseRunning = baseRunning;
        _lastRunning = lastRunning;
    }

    public ClockMarks Marks { get; }

    /// <summary>
    /// Whether this is a device whose clock does not serve, and nothing is known of the time yet: the first code that comes tells it, and cannot be ahead of anything.
    /// </summary>
    public bool IsWithoutATime => _policy == ClockPolicy.RunFromLastKnownTime && Marks.Floor == DateTimeOffset.MinValue;

    /// <summary>A clock at the start of a run, which knows nothing yet.</summary>
    public static TrustedClock Start(ClockPolicy policy, in ClockSample sample) => new(policy, ClockMarks.None, DateTimeOffset.MinValue, sample.Running, null);

    /// <summary>What time it is.</summary>
    public ClockReading Read(in ClockSample sample)
    {
        var floor = Marks.Floor;
        if (sample.Wall >= floor)
        {
            var isFarAhead = floor > DateTimeOffset.MinValue && sample.Wall - Running(sample) > FarAhead;
            return ClockReading.At(sample.Wall, floor, isFarAhead ? ClockStanding.FarAhead : ClockStanding.Good);
        }

        if (_policy == ClockPolicy.RunFromLastKnownTime)
        {
            var running = Running(sample);
            return ClockReading.At(running > floor ? running : floor, floor, ClockStanding.Running);
        }

        return floor - sample.Wall <= Day
            ? ClockReading.At(floor, floor, floor - sample.Wall <= Correction ? ClockStanding.Good : ClockStanding.Held)
            : ClockReading.At(sample.Wall, floor, ClockStanding.RolledBack);
    }

    /// <summary>Looks at the clock: the own mark follows it, or does not yet.</summary>
    public TrustedClock Look(in ClockSample sample)
    {
        var reading = Read(sample);
        var seen = Marks.Seen;
        DateTimeOffset? doubted = null;
        if (reading.Standing == ClockStanding.Running)
        {
            seen = reading.Now;
        }
        else if (sample.Wall >= Marks.Floor)
        {
            if (sample.Wall - Marks.Floor <= Day)
            {
                seen = sample.Wall;
            }
            else if (IsGoingOn(sample) && Marks.Doubted is { } first && sample.Wall >= first)
            {
                var agrees = sample.Wall - first >= Day;
                seen = agrees ? sample.Wall : seen;
                doubted = agrees ? null : first;
            }
            else
            {
                doubted = sample.Wall;
            }
        }

        var marks = new ClockMarks { Signed = Marks.Signed, SignedSerial = Marks.SignedSerial, Seen = seen, Doubted = doubted, LastReading = sample.Wall };

        // What is believed now is known: time runs from there.
        var isKnown = seen is not null && seen != Marks.Seen;
        return new TrustedClock(_policy, marks, isKnown ? marks.Floor : _base, isKnown ? sample.Running : _baseRunning, sample.Running);
    }

    /// <summary>A time that was signed: later than any before it sets the own mark to itself, in whichever direction.</summary>
    public TrustedClock Learn(DateTimeOffset signed, uint serial, in ClockSample sample)
    {
        if (signed <= Marks.Signed)
        {
            return this;
        }

        var marks = new ClockMarks { Signed = signed, SignedSerial = serial, Seen = signed, LastReading = Marks.LastReading };

        // What has run since something was signed is no error, as long as it is no more than a list's age.
        var running = Running(sample);
        var runsOn = _policy == ClockPolicy.RunFromLastKnownTime && running >= signed && running - signed <= Day;
        return new TrustedClock(_policy, marks, runsOn ? running : signed, sample.Running, _lastRunning);
    }

    /// <summary>The same clock without what was signed, and without what followed from it.</summary>
    public TrustedClock TakeBack() => new(_policy, new ClockMarks { LastReading = Marks.LastReading }, DateTimeOffset.MinValue, _baseRunning, _lastRunning);

    /// <summary>The same clock with the marks that it and another process have.</summary>
    public TrustedClock Merge(ClockMarks other, uint minimumSerial, in ClockSample sample)
    {
        var marks = ClockMarks.Merge(Marks.Without(minimumSerial), other.Without(minimumSerial));
        return marks.Floor == Marks.Floor
            ? new TrustedClock(_policy, marks, _base, _baseRunning, _lastRunning)
            : new TrustedClock(_policy, marks, marks.Floor, sample.Running, _lastRunning);
    }

    private DateTimeOffset Running(in ClockSample sample)
    {
        var passed = sample.Running - _baseRunning;
        return passed > DateTimeOffset.MaxValue - _base ? DateTimeOffset.MaxValue : _base + passed;
    }

    // Whether the clock went on since the last reading, instead of jumping.
    private bool IsGoingOn(in ClockSample sample)
    {
        if (Marks.LastReading is not { } last)
        {
            return false;
        }

        return _lastRunning is { } lastRunning
            ? sample.Wall - last - (sample.Running - lastRunning) <= Day
            : sample.Wall - last <= LongestPause;
    }
}
