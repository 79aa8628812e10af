namespace LicenseAuthority.Storage.Postgres;

/// <summary>
/// Gathers works: those that come while all lanes are under way share the next one that comes free. Nobody waits in order to gather, and a lane runs only while
/// there is something to do. Thread-safe.
/// </summary>
/// <param name="lanes">How many groups are under way at most.</param>
/// <param name="run">Runs a group and answers its members, each of them.</param>
/// <param name="time">Measures how long they have waited.</param>
internal sealed class PostgresQueue(int lanes, Func<IReadOnlyList<PostgresMember>, Task> run, TimeProvider time)
{
    private const int Capacity = 4_096;

    private const int LargestGroup = 128;

    // The marketplace gives up after 5 s. A lane is bounded by the driver's own time limits.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly Queue<PostgresMember> _waiting = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _closed;

    /// <summary>Raised when a work begins, with the time that it waited for its turn.</summary>
    public event Action<TimeSpan>? Begun;

    /// <summary>Works that wait for their turn.</summary>
    public int Length
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Hands in a work, and waits for what becomes of it.</summary>
    /// <exception cref="StoreBusyException">Too many wait, or it has waited too long.</exception>
    /// <exception cref="ObjectDisposedException">The store is being closed.</exception>
    public Task<PostgresMember<T>.Outcome> RunAsync<T>(PostgresMember<T> member, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_waiting.Count >= Capacity)
            {
                throw new StoreBusyException($"{Capacity} works wait for the database already");
            }

            member.QueuedAt = time.GetTimestamp();
            _waiting.Enqueue(member);
            if (_running < lanes)
            {
                _running++;

                // In nobody's name: the caller that opens a lane is not the only one that it works for.
                ThreadPool.UnsafeQueueUserWorkItem(static queue => _ = queue.RunLaneAsync(), this, preferLocal: false);
            }
        }

        return member.WaitAsync(cancellationToken);
    }

    /// <summary>Takes no more works, and waits for those that wait.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
            return _running == 0 ? Task.CompletedTask : _ended.Task;
        }
    }

    private async Task RunLaneAsync()
    {
        while (Take() is { Count: > 0 } group)
        {
            try
            {
                group.ForEach(member => Begun?.Invoke(time.GetElapsedTime(member.QueuedAt)));
                await run(group);
            }
            catch (Exception exception)
            {
                // Nothing is expected here; if it comes all the same, the callers must hear of it.
                group.ForEach(member => member.Fail(exception));
            }
        }
    }

    private List<PostgresMember> Take()
    {
        lock (_gate)
        {
            var group = new List<PostgresMember>();
            while (group.Count < LargestGroup && _waiting.TryDequeue(out var member))
            {
                if (!member.TryTake())
                {
                    continue;
                }

                if (time.GetElapsedTime(member.QueuedAt) > LongestWait)
                {
                    member.Fail(new StoreBusyException($"The work waited longer than {LongestWait.TotalSeconds} s for its turn"));
                    continue;
                }

                group.Add(member);
            }

            if (group.Count == 0 && --_running == 0 && _closed)
            {
                _ended.SetResult();
            }

            group.Sort(static (one, other) => string.CompareOrdinal(one.Order, other.Order));
            return group;
        }
    }
}
