using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// The only one that writes: a thread with a connection of its own. Writes that wait share a transaction and one durable COMMIT, and
/// only then their callers go on; while a COMMIT runs the next batch gathers by itself.
/// <para>
/// Guarantees: a task that succeeded is on the disk; a task that failed left nothing behind, except where
/// <see cref="StoreBusyException.OutcomeUnknown"/> says otherwise; a write that fails spoils no other; no exception ends the writer.
/// </para>
/// <para>
/// How: there are no savepoints, so any error rolls back the batch, and its members run again one by one in transactions of their
/// own. That is dear: refusals that are expected return a value and write nothing, they do not throw.
/// </para>
/// </summary>
internal sealed class SqliteWriter : IGroupCommit, IDisposable, IAsyncDisposable
{
    private readonly SqliteConnections _connections;
    private readonly Func<SqliteConnection> _open;
    private readonly SqliteWriterLimits _limits;
    private readonly TimeProvider _time;
    private readonly SqliteWriteQueue _queue;
    private readonly List<SqliteWriteItem> _batch = [];
    private readonly SqliteCheckpointer? _checkpointer;
    private readonly DatabaseState _state;
    private readonly SqliteFileGuard? _guard;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteWriteConnection? _connection;
    private long _normalWrites;
    private long _commits;
    private long _items;
    private long _replays;
    private long _busyTicks;

    /// <summary>Starts the thread. The connection is opened for the first write.</summary>
    /// <param name="connections">The database.</param>
    /// <param name="time">Measures waiting; its timers end it.</param>
    /// <param name="limits">Null: the product's.</param>
    /// <param name="open">Null: <see cref="SqliteConnections.OpenWriter"/>. Tests give one that fails.</param>
    /// <param name="checkpointer">Is told of every batch. Null: nobody brings the log over before the last connection closes.</param>
    /// <param name="state">Is told what becomes of writes.</param>
    /// <param name="guard">Says whether the file that was written is still the one at its path. Null: nobody asks.</param>
    public SqliteWriter(
        SqliteConnections connections,
        TimeProvider time,
        SqliteWriterLimits? limits = null,
        Func<SqliteConnection>? open = null,
        SqliteCheckpointer? checkpointer = null,
        DatabaseState? state = null,
        SqliteFileGuard? guard = null)
    {
        _checkpointer = checkpointer;
        _state = state ?? new DatabaseState();
        _guard = guard;
        _connections = connections;
        _open = open ?? connections.OpenWriter;
        _limits = limits ?? new SqliteWriterLimits();
        _time = time;
        _queue = new SqliteWriteQueue(_limits, time, _state);
        new Thread(RunUntilClosed) { IsBackground = true, Name = "License store writer" }.Start();
    }

    /// <inheritdoc/>
    public event Action<TimeSpan>? Begun;

    /// <inheritdoc/>
    public event Action<int>? Committed;

    /// <summary>Writes of normal priority handed in so far.</summary>
    public long NormalWrites => Volatile.Read(ref _normalWrites);

    /// <inheritdoc/>
    public long Commits => Volatile.Read(ref _commits);

    /// <inheritdoc/>
    public long Items => Volatile.Read(ref _items);

    /// <inheritdoc/>
    public long Replays => Volatile.Read(ref _replays);

    /// <inheritdoc/>
    public int QueueLength => _queue.Count;

    /// <summary>Time the thread has spent on batches, waiting for the disk included, in timestamp ticks of the time provider.</summary>
    public long BusyTicks => Volatile.Read(ref _busyTicks);

    /// <summary>Runs a write on the writer's connection and returns its result when it is durable.</summary>
    /// <param name="work">
    /// Reads what its decision rests on, decides, writes. It may run MORE THAN ONCE, each time after a rollback: it must have no effect
    /// outside the database, and its answer must come from its last run alone. It runs on the writer's thread, everybody waits for it:
    /// no signing, no network, no waiting for another write. Text it throws reaches only its own caller.
    /// </param>
    /// <param name="priority">Sweeps are low.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits; once begun, it runs to its end.</param>
    /// <exception cref="StoreBusyException">The queue was full, the wait too long, or another program holds the database.</exception>
    /// <exception cref="StorageException">The database cannot be written.</exception>
    public Task<T> RunAsync<T>(Func<SqliteWriteSession, T> work, WritePriority priority = WritePriority.Normal, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        if (priority == WritePriority.Normal)
        {
            Interlocked.Increment(ref _normalWrites);
        }

        var item = new SqliteWriteItem<T>(work);
        item.CancelWith(cancellationToken);
        try
        {
            _queue.Add(item, priority);
        }
        catch (Exception exception) when (exception is StoreBusyException or ObjectDisposedException)
        {
            item.Fail(exception);
        }

        return item.Task;
    }

    /// <summary>Takes no more writes, finishes those that wait, and closes the connection.</summary>
    public void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _stopped.Task;
        _queue.Dispose();
    }

    private void RunUntilClosed()
    {
        while (_queue.WaitAndTake() is { } first)
        {
            var startedAt = _time.GetTimestamp();
            try
            {
                RunBatch(first, startedAt);
            }
            catch (Exception exception)
            {
                // Nothing is expected here; if it comes all the same, the callers must hear of it and the thread must live.
                Discard();
                FailFrom(0, exception);
            }

            _batch.Clear();
            _queue.AllAnswered();
            if (_connection is not null)
            {
                _checkpointer?.Committed(_connection);
            }

            Volatile.Write(ref _busyTicks, _busyTicks + _time.GetTimestamp() - startedAt);
        }

        Discard();
        _stopped.SetResult();
    }

    private void RunBatch(SqliteWriteItem first, long startedAt)
    {
        Add(first);
        if (!TryBegin(out var cause))
        {
            while (_batch.Count < _limits.MaxBatchItems && _queue.TryTake() is { } waiting)
            {
                Add(waiting);
            }

            FailFrom(0, cause);
            return;
        }

        if (TryRunMembers(startedAt, out var failure, out var alone))
        {
            Succeeded(_batch.Count);
            foreach (var item in _batch)
            {
                item.Complete();
            }

            return;
        }

        if (_guard is { IsInPlace: false })
        {
            FailFrom(0, failure);
            return;
        }

        if (alone)
        {
            first.Fail(failure);
            return;
        }

        // Nobody has succeeded, the innocent included: each runs again, alone.
        Volatile.Write(ref _replays, _replays + 1);
        for (var i = 0; i < _batch.Count; i++)
        {
            if (!TryBegin(out cause))
            {
                // The lock or the disk is at fault, not a member: the others would wait in vain, a second each.
                FailFrom(i, cause);
                return;
            }

            if (TryRunAlone(_batch[i], out failure))
            {
                Succeeded(1);
                _batch[i].Complete();
            }
            else
            {
                _batch[i].Fail(failure);
            }
        }
    }

    // Runs and commits the open transaction; false: it is rolled back. "Alone" is a member that failed by itself with no other in the batch:
    // to run it again would tell nothing new. After a COMMIT that failed it would: there is a new connection.
    private bool TryRunMembers(long startedAt, out Exception failure, out bool alone)
    {
        alone = false;
        for (var item = _batch[0]; ;)
        {
            if (!TryRun(item, out failure))
            {
                alone = _batch.Count == 1;
                return false;
            }

            if (_batch.Count >= _limits.MaxBatchItems
                || _time.GetElapsedTime(startedAt) >= _limits.MaxBatchTime
                || _queue.TryTake() is not { } next)
            {
                return TryCommit(out failure);
            }

            item = next;
            Add(item);
        }
    }

    private bool TryRunAlone(SqliteWriteItem item, out Exception failure)
    {
        return TryRun(item, out failure) && TryCommit(out failure);
    }

    private bool TryRun(SqliteWriteItem item, out Exception failure)
    {
        try
        {
            item.Run(_connection!.Session);
            if (_connection.InTransaction)
            {
                failure = null!;
                return true;
            }

            // The work swallowed an error after which SQLite had rolled everything back.
            failure = new StorageException("The write went on after its transaction had ended; nothing of it is stored.");
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        RollBack();
        if (SqliteConnections.IsDiskFault(failure))
        {
            TellFault(failure);
        }

        if (MayComeFromTheConnection(failure))
        {
            Discard();
        }

        return false;
    }

    private bool TryCommit(out Exception failure)
    {
        try
        {
            _connection!.Commit();
        }
        catch (Exception exception)
        {
            TellFault(exception);
            failure = new StorageException($"COMMIT failed on {_connections.Path} ({exception.Message})", exception);
            RollBack();
            // What a failed COMMIT has left in this connection is not known well enough to go on with it.
            Discard();
            return false;
        }

        // It is on a disk. Whether anybody will ever find it there is another question, to be asked before somebody relies on it.
        failure = _guard is null || _guard.Look() ? null! : _guard.Refusal(committed: true);
        return failure is null;
    }

    private bool TryBegin(out Exception cause)
    {
        try
        {
            if (_connection is null)
            {
                _connection = new SqliteWriteConnection(_open());
                _ = _guard?.LookAt(_connection.Session.Connection, writes: true);
            }

            if (_guard is { IsInPlace: false })
            {
                cause = _guard.Refusal(committed: false);
                return false;
            }

            _connection.Begin();
            cause = null!;
            return true;
        }
        catch (Exception exception)
        {
            cause = exception;
            if (!IsBusy(exception))
            {
                TellFault(exception);
                Discard();
            }

            return false;
        }
    }

    private void RollBack()
    {
        try
        {
            _connection!.RollBack();
            if (!_connection.InTransaction)
            {
                return;
            }
        }
        catch (SqliteException)
        {
            // Closing the connection rolls back as well.
        }

        Discard();
    }

    private void Discard()
    {
        try
        {
            _connection?.Dispose();
        }
        catch (SqliteException)
        {
            // It is given up; its locks end with it or with the process.
        }

        _connection = null;
    }

    private void Add(SqliteWriteItem item)
    {
        _batch.Add(item);
        Begun?.Invoke(_time.GetElapsedTime(item.QueuedAt));
    }

    private void TellFault(Exception exception) =>
        _state.Failed($"{_connections.Path} cannot be written ({exception.Message})", SqliteConnections.IsFull(exception));

    private void Succeeded(int items)
    {
        if (_state.Fault is not null)
        {
            _state.Written(_connection!.PagesWritten);
        }

        Volatile.Write(ref _commits, _commits + 1);
        Volatile.Write(ref _items, _items + items);
        try
        {
            Committed?.Invoke(items);
        }
        catch (Exception)
        {
            // Who only counts must not turn writes that are on the disk into failed ones.
        }
    }

    // An exception for each: one instance thrown on many threads would mix up their stack traces.
    private void FailFrom(int index, Exception cause)
    {
        foreach (var item in _batch.Skip(index))
        {
            item.Fail(
                cause is StoreBusyException busy ? new StoreBusyException(busy.Message, busy.OutcomeUnknown, busy) { IsReported = busy.IsReported }
                : IsBusy(cause) ? _connections.Busy(cause)
                : new StorageException($"Nothing can be written to {_connections.Path} ({cause.Message})", cause) { IsReported = _state.Fault is not null });
        }
    }

    // Errors that one connection may keep for ever while a new one would work, such as a file that was read-only for a while.
    private static bool MayComeFromTheConnection(Exception exception)
    {
        return exception is SqliteException
        {
            SqliteErrorCode: raw.SQLITE_IOERR or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB
        };
    }

    private static bool IsBusy(Exception exception)
    {
        return exception is SqliteException sqlite && SqliteConnections.IsBusy(sqlite);
    }
}
