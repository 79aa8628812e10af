namespace LicenseAuthority.Simulation;

/// <summary>
/// The time of this machine, which also lapses when the simulator says so: the wall time, the timestamps and the timers go ahead together, so that whoever
/// compares them sees no jump. In between it runs as any clock. Thread-safe.
/// </summary>
internal sealed class LapsingTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly HashSet<LapsingTimer> _timers = [];
    private long _lapsed;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + new TimeSpan(Volatile.Read(ref _lapsed));

    /// <inheritdoc/>
    public override long GetTimestamp() => System.GetElapsedTime(0, System.GetTimestamp()).Ticks + Volatile.Read(ref _lapsed);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new LapsingTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass. What became due meanwhile is called once, before this returns.</summary>
    public void Lapse(TimeSpan span)
    {
        LapsingTimer[] timers;
        lock (_lock)
        {
            Volatile.Write(ref _lapsed, _lapsed + span.Ticks);
            timers = [.. _timers];
        }

        var now = GetTimestamp();
        foreach (var timer in timers)
        {
            timer.FireIfDue(now);
        }
    }

    // A timer of this machine for what comes by itself, and when it is due for what a lapse brings.
    private sealed class LapsingTimer : ITimer
    {
        private readonly LapsingTime _time;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly ITimer _inner;
        private long? _dueAt;
        private TimeSpan _period;

        public LapsingTimer(LapsingTime time, TimerCallback callback, object? state)
        {
            _time = time;
            _callback = callback;
            _state = state;
            _inner = System.CreateTimer(static timer => ((LapsingTimer)timer!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_time._lock)
            {
                _period = period;
                Set(dueTime);
                return _inner.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }

        public void FireIfDue(long now)
        {
            lock (_time._lock)
            {
                if (!(_dueAt <= now))
                {
                    return;
                }
            }

            Fire();
        }

        public void Dispose()
        {
            lock (_time._lock)
            {
                Set(Timeout.InfiniteTimeSpan);
            }

            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            lock (_time._lock)
            {
                Set(Timeout.InfiniteTimeSpan);
            }

            return _inner.DisposeAsync();
        }

        // Twice for one due time would be once too often: whoever comes first, the machine's timer or a lapse, takes it away.
        private void Fire()
        {
            lock (_time._lock)
            {
                if (_dueAt is null)
                {
                    return;
                }

                var next = _period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan;
                Set(next);
                _inner.Change(next, Timeout.InfiniteTimeSpan);
            }

            _callback(_state);
        }

        private void Set(TimeSpan dueTime)
        {
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                _dueAt = null;
                _time._timers.Remove(this);
            }
            else
            {
                _dueAt = _time.GetTimestamp() + dueTime.Ticks;
                _time._timers.Add(this);
            }
        }
    }
}
