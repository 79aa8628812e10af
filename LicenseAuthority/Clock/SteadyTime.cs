namespace LicenseAuthority.Clock;

/// <summary>
/// The service's time: the wall time of this machine, unless it ran ahead of the monotonic clock by more than <see cref="Tolerance"/>. Whatever becomes due
/// in such a jump would be done at once, and nothing undoes it. So the service goes on from the last good time, by the monotonic clock, until the wall clock
/// is right again, or its new time has held for <see cref="ClockOptions.HoldFor"/>: a machine that slept, or whose clock was put right, needs no person.
/// A clock that goes back is believed at once: too early a time decides nothing.
/// <para>
/// A time is good once both clocks have agreed for that long. Before that, a jump is believed at once (a machine that boots in 1970 and is corrected must
/// serve); and so is one from a time that cannot be right (<see cref="NotBefore"/>), and one that a caller proves (<see cref="Prove"/>).
/// </para>
/// Thread-safe, and without a lock as long as nothing jumps: every order asks for the time more than once. Both times come from one inner provider, so a
/// fake clock that is advanced has not jumped.
/// </summary>
internal sealed partial class SteadyTime : TimeProvider, ISettledClock
{
    /// <summary>Steps ahead up to this are believed: a clock that is corrected, a leap second.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromHours(1);

    /// <summary>How near to the wall time a caller's time must be to prove it.</summary>
    public static readonly TimeSpan ProofWindow = TimeSpan.FromMinutes(5);

    // Smaller steps are not even looked at.
    private static readonly TimeSpan Resolution = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _inner;
    private readonly ILogger<SteadyTime> _logger;
    private readonly long _startedAt;
    private readonly Lock _lock = new();
    private volatile State _state;
    private long _notBefore;

    /// <param name="inner">Gives the wall time and the monotonic timestamps.</param>
    /// <param name="holdFor">See <see cref="ClockOptions.HoldFor"/>.</param>
    /// <param name="logger">Told of jumps.</param>
    public SteadyTime(TimeProvider inner, TimeSpan holdFor, ILogger<SteadyTime> logger)
    {
        _inner = inner;
        _logger = logger;
        HoldFor = holdFor;
        var wall = inner.GetUtcNow();
        _startedAt = inner.GetTimestamp();
        _state = State.AtStart(wall.UtcTicks);
    }

    /// <summary>See <see cref="ClockOptions.HoldFor"/>; 0 = this is the inner provider and nothing else.</summary>
    public TimeSpan HoldFor { get; }

    /// <inheritdoc/>
    public bool IsSettled => Read().IsSettled;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => _inner.LocalTimeZone;

    /// <inheritdoc/>
    public override long TimestampFrequency => _inner.TimestampFrequency;

    /// <summary>
    /// What lies before it cannot be the time: the newest stored event, the beginning of the certificate that signs. Whoever knows such an instant keeps it
    /// here; a jump from below it is believed, also one that is held already.
    /// </summary>
    public DateTimeOffset NotBefore
    {
        get => new(Volatile.Read(ref _notBefore), TimeSpan.Zero);
        set => Volatile.Write(ref _notBefore, value.UtcTicks);
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Read().Now;

    /// <inheritdoc/>
    public override long GetTimestamp() => _inner.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _inner.CreateTimer(callback, state, dueTime, period);

    /// <summary>The time, and what the wall clock says. A check that a caller's time is near must accept either: one of them is right.</summary>
    public ClockReading Read()
    {
        var wall = _inner.GetUtcNow();
        if (HoldFor == TimeSpan.Zero)
        {
            return new ClockReading(wall, wall, TimeSpan.MaxValue);
        }

        var elapsed = Elapsed();
        var state = _state;
        return state.Fits(wall.UtcTicks - elapsed, elapsed, HoldFor) && !IsTooEarly(state, elapsed) ? Reading(state, wall, elapsed) : Judge(believe: null);
    }

    /// <summary>
    /// An authenticated caller says when it called. Within <see cref="ProofWindow"/> of the wall time of a jump that is held, it proves the jump: no one who
    /// only repeats what was once said can name an instant that was not there yet.
    /// </summary>
    public void Prove(DateTimeOffset calledAt)
    {
        var reading = Read();
        if (reading.IsHeld && (calledAt - reading.Wall).Duration() <= ProofWindow)
        {
            Judge(believe: calledAt);
        }
    }

    private ClockReading Judge(DateTimeOffset? believe)
    {
        State before, after;
        ClockReading reading;
        var reason = "its new time has held";
        lock (_lock)
        {
            var (wall, elapsed) = ReadTogether();
            before = _state;
            after = before.After(wall.UtcTicks - elapsed, elapsed, HoldFor);
            if (after.IsAhead && believe is { } calledAt && (calledAt - wall).Duration() <= ProofWindow)
            {
                after = after.Anew(elapsed);
                reason = "an authenticated call confirms it";
            }
            else if (IsTooEarly(after, elapsed))
            {
                after = after.Anew(elapsed);
                reason = "the time before it lies below what is stored or signed already";
            }
            else if (after.Offset < before.Offset)
            {
                reason = "it was set right";
            }

            _state = after;
            reading = Reading(after, wall, elapsed);
        }

        Tell(before, after, reading, reason);
        return reading;
    }

    // Whoever stood still between two readings, as by a sleep of the machine, has seen a jump that was none.
    private (DateTimeOffset Wall, long Elapsed) ReadTogether()
    {
        while (true)
        {
            var before = Elapsed();
            var wall = _inner.GetUtcNow();
            var after = Elapsed();
            if (after - before <= Resolution.Ticks)
            {
                return (wall, after);
            }
        }
    }

    // After the lock: who logs may ask for the time.
    private void Tell(State before, State after, ClockReading reading, string reason)
    {
        if (after.IsAhead && !before.IsAhead)
        {
            LogHeld(reading.Ahead, reading.Wall, reading.Now, HoldFor);
        }
        else if (before.IsAhead && !after.IsAhead)
        {
            LogEnded(reading.Now, reason);
        }
        else if (!after.IsAhead && Math.Abs(after.Offset - before.Offset) > Tolerance.Ticks)
        {
            LogBelieved(TimeSpan.FromTicks(after.Offset - before.Offset), reading.Now);
        }
    }

    // Not by a little: other nodes store events too, and their clocks differ.
    private bool IsTooEarly(State state, long elapsed) => state.IsAhead && state.Good + elapsed + Tolerance.Ticks < Volatile.Read(ref _notBefore);

    private static ClockReading Reading(State state, DateTimeOffset wall, long elapsed) => new(
        state.IsAhead ? new DateTimeOffset(state.Good + elapsed, TimeSpan.Zero) : wall,
        wall,
        state.SettledAt == State.Never ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Max(1, elapsed - state.SettledAt)));

    private long Elapsed() => _inner.GetElapsedTime(_startedAt).Ticks;

    [LoggerMessage(
        LogLevel.Error,
        "ALARM: the clock of this machine is suddenly {Ahead} ahead: it says {WallTime:O}. The service goes on from {Now:O} by the monotonic clock, until the clock is right again or its new time has held for {HoldFor}. If that time is wrong, set it right (NTP) before then.")]
    private partial void LogHeld(TimeSpan ahead, DateTimeOffset wallTime, DateTimeOffset now, TimeSpan holdFor);

    [LoggerMessage(LogLevel.Error, "ALARM ended: the service goes by the clock of this machine again, {Now:O}: {Reason}.")]
    private partial void LogEnded(DateTimeOffset now, string reason);

    [LoggerMessage(LogLevel.Warning, "The clock of this machine was set by {Step}, to {Now:O}, and the service goes by it.")]
    private partial void LogBelieved(TimeSpan step, DateTimeOffset now);

    // By how much the wall clock is ahead of the monotonic one, in ticks, and what is known of it. Never changes.
    private sealed class State(long offset, Run run, Run? lastGood, long good, long settledAt)
    {
        public const long Never = long.MaxValue;

        public static State AtStart(long offset) => new(offset, new Run(offset, 0), null, 0, Never);

        public long Offset => offset;

        // That of the last good time.
        public long Good => good;

        // From when on the time has been in no doubt.
        public long SettledAt => settledAt;

        public bool IsAhead { get; } = lastGood is not null && offset - good > Tolerance.Ticks;

        private bool IsGood => ReferenceEquals(run, lastGood);

        // Nothing to be decided.
        public bool Fits(long nowOffset, long elapsed, TimeSpan holdFor) =>
            Math.Abs(nowOffset - offset) <= Resolution.Ticks && (IsGood || elapsed - run.Since < holdFor.Ticks);

        public State After(long nowOffset, long elapsed, TimeSpan holdFor)
        {
            // To the last good time first: whether the clock is right again.
            if (lastGood is not null && lastGood.Has(nowOffset))
            {
                return new State(nowOffset, lastGood, lastGood, nowOffset, Math.Min(settledAt, elapsed));
            }

            if (!run.Has(nowOffset))
            {
                var ahead = lastGood is null || nowOffset - good > Tolerance.Ticks;
                return new State(nowOffset, new Run(nowOffset, elapsed), lastGood, good, ahead ? Never : Math.Min(settledAt, elapsed));
            }

            return elapsed - run.Since >= holdFor.Ticks
                ? new State(nowOffset, run, run, nowOffset, Math.Min(settledAt, run.Since + holdFor.Ticks))
                : new State(nowOffset, run, lastGood, good, settledAt);
        }

        // As after a start.
        public State Anew(long elapsed) => new(offset, new Run(offset, elapsed), null, 0, Never);
    }

    // Since when both clocks have agreed: have differed by what they differ by now, small steps apart.
    private sealed record Run(long Offset, long Since)
    {
        public bool Has(long nowOffset) => Math.Abs(nowOffset - Offset) <= Tolerance.Ticks;
    }
}
