namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// A write on its way: queued, then either begun by the writer or abandoned by its caller, never both (one compare-and-swap decides).
/// Its task completes once; whoever comes second is ignored.
/// </summary>
internal abstract class SqliteWriteItem
{
    private const int Queued = 0;
    private const int Running = 1;
    private const int Abandoned = 2;

    private int _state = Queued;
    private CancellationTokenRegistration _cancellation;

    /// <summary>When it was handed in, as a timestamp of the writer's time provider.</summary>
    public long QueuedAt { get; set; }

    /// <summary>From now on the caller cannot withdraw it. False: it was abandoned and must not run.</summary>
    public bool TryStart()
    {
        return Interlocked.CompareExchange(ref _state, Running, Queued) == Queued;
    }

    /// <summary>Withdraws it if it has not begun.</summary>
    public bool TryAbandon(StoreBusyException reason)
    {
        if (Interlocked.CompareExchange(ref _state, Abandoned, Queued) != Queued)
        {
            return false;
        }

        Fail(reason);
        return true;
    }

    /// <summary>Lets the token withdraw it as long as it is queued.</summary>
    public void CancelWith(CancellationToken cancellationToken)
    {
        _cancellation = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var item = (SqliteWriteItem)state!;
                if (Interlocked.CompareExchange(ref item._state, Abandoned, Queued) == Queued)
                {
                    item.SetCanceled(token);
                }
            },
            this);
    }

    /// <summary>Executes the work and keeps its result; may be called again after a rollback.</summary>
    public abstract void Run(SqliteWriteSession session);

    /// <summary>Lets the caller go on with the result of the last run. Only after the COMMIT.</summary>
    public void Complete()
    {
        _cancellation.Unregister();
        SetResult();
    }

    /// <summary>Lets the caller go on with an error.</summary>
    public void Fail(Exception exception)
    {
        _cancellation.Unregister();
        SetException(exception);
    }

    protected abstract void SetResult();

    protected abstract void SetException(Exception exception);

    protected abstract void SetCanceled(CancellationToken cancellationToken);
}
