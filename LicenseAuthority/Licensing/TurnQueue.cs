using System.Runtime.InteropServices;

namespace LicenseAuthority.Licensing;

/// <summary>
/// Callers with the same key go one after the other, in the order in which they came: calls on one license that raced would overtake each other, and each
/// would sign for nothing. Only within this process; what other nodes do is found out when storing. Thread-safe; a key costs memory only while it is taken.
/// </summary>
internal sealed class TurnQueue(TimeProvider time)
{
    /// <summary>Who waits for longer is turned away, as by the store: the caller has gone by then, or will repeat the call.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();

    // A key is here as long as somebody has its turn; those who wait for it, in order, or null where nobody ever did.
    private readonly Dictionary<object, LinkedList<TaskCompletionSource>?> _taken = [];

    /// <summary>How many keys are taken.</summary>
    public int Taken
    {
        get
        {
            lock (_lock)
            {
                return _taken.Count;
            }
        }
    }

    /// <summary>Returns when it is the caller's turn, which lasts until it is disposed of.</summary>
    /// <exception cref="StoreBusyException">It was not within <see cref="LongestWait"/>.</exception>
    public ValueTask<Turn> TakeAsync(object key, CancellationToken cancellationToken)
    {
        LinkedListNode<TaskCompletionSource> place;
        lock (_lock)
        {
            ref var waiting = ref CollectionsMarshal.GetValueRefOrAddDefault(_taken, key, out var isTaken);
            if (!isTaken)
            {
                return ValueTask.FromResult(new Turn(this, key));
            }

            waiting ??= new LinkedList<TaskCompletionSource>();
            place = waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        return WaitAsync(key, place, cancellationToken);
    }

    private async ValueTask<Turn> WaitAsync(object key, LinkedListNode<TaskCompletionSource> place, CancellationToken cancellationToken)
    {
        try
        {
            await place.Value.Task.WaitAsync(LongestWait, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Where it cannot leave, its turn has come at the same moment: it has to take it, or nobody would pass it on.
            if (TryLeave(place))
            {
                if (exception is TimeoutException)
                {
                    throw new StoreBusyException("Too many calls on the same license wait for each other; repeat the call.");
                }

                throw;
            }
        }

        return new Turn(this, key);
    }

    private bool TryLeave(LinkedListNode<TaskCompletionSource> place)
    {
        lock (_lock)
        {
            place.List?.Remove(place);
            return !place.Value.Task.IsCompleted;
        }
    }

    private void PassOn(object key)
    {
        lock (_lock)
        {
            if (_taken[key] is not { First: { } next } waiting)
            {
                _taken.Remove(key);
                return;
            }

            waiting.Remove(next);
            next.Value.SetResult();
        }
    }

    /// <summary>A turn; to be disposed of once.</summary>
    internal readonly struct Turn(TurnQueue queue, object key) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => queue.PassOn(key);
    }
}
