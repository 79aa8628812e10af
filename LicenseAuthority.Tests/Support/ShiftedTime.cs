namespace LicenseAuthority.Tests.Support;

/// <summary>A clock whose wall time can be set without time going on: what <see cref="Shift"/> says comes on top, timestamps and timers stay.</summary>
internal sealed class ShiftedTime(TimeProvider inner) : TimeProvider
{
    private long _shift;

    public TimeSpan Shift
    {
        get => new(Volatile.Read(ref _shift));
        set => Volatile.Write(ref _shift, value.Ticks);
    }

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Shift;

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => period > TimeSpan.Zero
        ? new RecurringTimer(inner, callback, state, dueTime, period)
        : inner.CreateTimer(callback, state, dueTime, period);

    // A fake clock that leaps wakes a timer once for each period that was leapt over, all at the same instant: thousands of times for a day. A machine's comes once.
    private sealed class RecurringTimer : ITimer
    {
        private readonly ITimer _timer;
        private TimeSpan _period;

        public RecurringTimer(TimeProvider time, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            _timer = time.CreateTimer(
                _ =>
                {
                    _timer!.Change(_period, Timeout.InfiniteTimeSpan);
                    callback(state);
                },
                null,
                dueTime,
                Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            return _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        public void Dispose() => _timer.Dispose();

        public ValueTask DisposeAsync() => _timer.DisposeAsync();
    }
}
