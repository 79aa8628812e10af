namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// The writes that wait, and those that have begun and are not answered: bounded, first in first out within a priority, and watched,
/// so that nobody waits longer than the limits say even if the writer hangs in the disk.
/// </summary>
internal sealed class SqliteWriteQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _mayTake = new(false);
    private readonly Queue<SqliteWriteItem> _normal = new();
    private readonly Queue<SqliteWriteItem> _low = new();
    private readonly List<SqliteWriteItem> _running = [];
    private readonly SqliteWriterLimits _limits;
    private readonly TimeProvider _time;
    private readonly DatabaseState _state;
    private readonly ITimer _watchdog;
    private readonly long _maxQueueTicks;
    private readonly long _maxOutcomeTicks;
    private long _watchdogDue = long.MaxValue;
    private int _normalInARow;
    private bool _closed;

    public SqliteWriteQueue(SqliteWriterLimits limits, TimeProvider time, DatabaseState state)
    {
        _state = state;
        _limits = limits;
        _time = time;
        _maxQueueTicks = Ticks(limits.MaxQueueTime);
        _maxOutcomeTicks = Ticks(limits.MaxOutcomeTime);
        _watchdog = time.CreateTimer(static queue => ((SqliteWriteQueue)queue!).ExpireOverdue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many writes wait, those included that were abandoned and not yet dropped.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _normal.Count + _low.Count;
            }
        }
    }

    /// <summary>Lets a write wait for its turn.</summary>
    /// <exception cref="StoreBusyException">The queue is full.</exception>
    /// <exception cref="ObjectDisposedException">The store is being closed.</exception>
    public void Add(SqliteWriteItem item, WritePriority priority)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqliteWriter));
            var queue = priority == WritePriority.Low ? _low : _normal;
            if (queue.Count >= _limits.QueueCapacity)
            {
                throw new StoreBusyException($"{_limits.QueueCapacity} writes wait already");
            }

            item.QueuedAt = _time.GetTimestamp();
            queue.Enqueue(item);
            WatchUntil(item.QueuedAt + _maxQueueTicks);
            _mayTake.Set();
        }
    }

    /// <summary>The next write that has not been abandoned, begun; waits for one. Null: closed, and nothing is left.</summary>
    public SqliteWriteItem? WaitAndTake()
    {
        while (true)
        {
            _mayTake.Wait();
            lock (_gate)
            {
                if (TakeNext() is { } item)
                {
                    return item;
                }

                if (_closed)
                {
                    return null;
                }

                _mayTake.Reset();
            }
        }
    }

    /// <summary>The next write that has not been abandoned, begun; null if none waits.</summary>
    public SqliteWriteItem? TryTake()
    {
        lock (_gate)
        {
            return TakeNext();
        }
    }

    /// <summary>Says that all writes taken so far have been answered.</summary>
    public void AllAnswered()
    {
        lock (_gate)
        {
            _running.Clear();
        }
    }

    /// <summary>Takes no more writes; those that wait are still handed out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _closed = true;
                _mayTake.Set();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watchdog.Dispose();
        _mayTake.Dispose();
    }

    private SqliteWriteItem? TakeNext()
    {
        while (_normal.Count + _low.Count > 0)
        {
            var takeLow = _low.Count > 0 && (_normal.Count == 0 || _normalInARow >= _limits.NormalWritesPerLowWrite);
            var item = (takeLow ? _low : _normal).Dequeue();
            if (!item.TryStart())
            {
                continue;
            }

            _normalInARow = takeLow || _low.Count == 0 ? 0 : _normalInARow + 1;
            _running.Add(item);
            return item;
        }

        return null;
    }

    // One timer for all, always set to the earliest limit: a timer for each write would cost more than the write's own queueing.
    private void WatchUntil(long due)
    {
        if (due >= _watchdogDue)
        {
            return;
        }

        _watchdogDue = due;
        var wait = _time.GetElapsedTime(_time.GetTimestamp(), due);
        // Rounded up, or the timer comes a moment too early and has to be set again.
        _watchdog.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(wait.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    private void ExpireOverdue()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            ForgetSleep(now);
            _watchdogDue = long.MaxValue;
            DropOverdue(_normal, now);
            DropOverdue(_low, now);
            var nextOutcome = long.MaxValue;
            foreach (var item in _running)
            {
                if (item.QueuedAt + _maxOutcomeTicks > now)
                {
                    nextOutcome = Math.Min(nextOutcome, item.QueuedAt + _maxOutcomeTicks);
                }
                else
                {
                    _state.Failed($"The disk has not answered for {_limits.MaxOutcomeTime.TotalSeconds} s");
                    item.Fail(new StoreBusyException(
                        $"The write did not end within {_limits.MaxOutcomeTime.TotalSeconds} s; whether it is stored is not known", outcomeUnknown: true)
                        {
                            IsReported = true,
                        });
                }
            }

            WatchUntil(nextOutcome);
            WatchUntil(_normal.TryPeek(out var first) ? first.QueuedAt + _maxQueueTicks : long.MaxValue);
            WatchUntil(_low.TryPeek(out first) ? first.QueuedAt + _maxQueueTicks : long.MaxValue);
        }
    }

    // A look that comes later than a write may take: the machine slept, or its clock leapt, and neither the disk nor the writer kept anybody waiting.
    // All begin to wait anew.
    private void ForgetSleep(long now)
    {
        if (_watchdogDue == long.MaxValue || now - _watchdogDue < _maxOutcomeTicks)
        {
            return;
        }

        foreach (var item in _running.Concat(_normal).Concat(_low))
        {
            item.QueuedAt = now;
        }
    }

    private void DropOverdue(Queue<SqliteWriteItem> queue, long now)
    {
        while (queue.TryPeek(out var item) && item.QueuedAt + _maxQueueTicks <= now)
        {
            queue.Dequeue();
            item.TryAbandon(new StoreBusyException($"The write waited longer than {_limits.MaxQueueTime.TotalSeconds} s for its turn"));
        }
    }

    private long Ticks(TimeSpan time)
    {
        return (long)(time.TotalSeconds * _time.TimestampFrequency);
    }
}
