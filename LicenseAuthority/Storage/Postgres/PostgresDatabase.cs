using System.Data;
using Npgsql;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>
/// The license database on a PostgreSQL server, for one node or several. Each work is a READ COMMITTED transaction of its own, but for those that share one
/// (docs/adr/0021). A work that met a deadlock, a serialization failure or a broken connection runs again; after a COMMIT of which nobody knows it runs again
/// as a whole, never only the COMMIT, and is told so. When works that share a transaction fail, each of them runs again alone, the innocent included.
/// </summary>
internal sealed class PostgresDatabase : IDatabase, IGroupCommit, IDisposable, IAsyncDisposable
{
    // Another transaction can be in the way this often before it is the caller's turn to repeat.
    private const int MaximumTries = 5;

    // One for the connection that broke and one for its successor: a server that is down is not waited for, the marketplace repeats its calls.
    private const int MaximumConnections = 2;

    // While one transaction is under way, what comes meanwhile gathers for the next: with more of them they are smaller, and cost more.
    internal const int WriteLanes = 2;
    private const int ReadLanes = 2;

    // Whoever is in the way of one work is in that of all which share its transaction: they wait no longer than this, and then each waits for himself.
    private const string WaitForLocksBriefly = "SET LOCAL lock_timeout = '250ms'";

    private readonly PostgresConnections _connections;
    private readonly PostgresQueue _writes;
    private readonly PostgresQueue _reads;
    private readonly LowPace _lowPace;
    private long _normalWrites;
    private long _commits;
    private long _items;
    private long _replays;

    private PostgresDatabase(PostgresConnections connections, TimeProvider time)
    {
        _connections = connections;
        _writes = new PostgresQueue(WriteLanes, WriteGroupAsync, time);
        _reads = new PostgresQueue(ReadLanes, ReadGroupAsync, time);
        _lowPace = new LowPace(() => Volatile.Read(ref _normalWrites), time);
    }

    /// <inheritdoc/>
    public event Action<TimeSpan>? Begun
    {
        add => _writes.Begun += value;
        remove => _writes.Begun -= value;
    }

    /// <inheritdoc/>
    public event Action<int>? Committed;

    long IGroupCommit.Commits => Volatile.Read(ref _commits);

    long IGroupCommit.Items => Volatile.Read(ref _items);

    long IGroupCommit.Replays => Volatile.Read(ref _replays);

    int IGroupCommit.QueueLength => _writes.Length;

    /// <inheritdoc/>
    public SqlDialect Dialect => SqlDialect.Postgres;

    bool IDatabase.IsContended => _lowPace.IsContended;

    /// <inheritdoc/>
    public DatabaseState State { get; } = new();

    void IDatabase.LookAfterFiles()
    {
        // They are the server's.
    }

    /// <summary>The connections, for those who bring their own commands (the scheduler's store).</summary>
    public NpgsqlDataSource DataSource => _connections.DataSource;

    /// <summary>Connects and brings the database to this program's schema, under a lock that all nodes share.</summary>
    /// <param name="options">Where.</param>
    /// <param name="time">The clock.</param>
    /// <param name="parts">Who brings tables of his own. Null: nobody.</param>
    /// <param name="patience">How long a server that is away is waited for. Null: not at all.</param>
    /// <param name="migrations">Null: those that this program carries.</param>
    /// <param name="beforeNew">Called before tables are made where there are none; throws when there should be some.</param>
    /// <exception cref="StorageException">It cannot be used; the message says why and what to do.</exception>
    public static async Task<PostgresDatabase> OpenAsync(
        StorageOptions options,
        TimeProvider time,
        IReadOnlyList<ISchemaPart>? parts = null,
        StartPatience? patience = null,
        IReadOnlyList<Migration>? migrations = null,
        Action<string>? beforeNew = null)
    {
        var connections = PostgresConnections.From(options);
        try
        {
            using (var target = await PostgresMigrationTarget.ConnectAsync(connections, patience))
            {
                if (target.ReadApplied().Count == 0)
                {
                    beforeNew?.Invoke(connections.Name);
                }

                Migrations.Apply(target, migrations ?? Migrations.Embedded(SqlDialect.Postgres), time);
                await target.CreateMissingAsync(parts ?? []);
            }

            return new PostgresDatabase(connections, time);
        }
        catch (NpgsqlException exception)
        {
            // Such as a role that may not even read.
            connections.Dispose();
            throw connections.Unusable(exception);
        }
        catch
        {
            connections.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<T> WriteAsync<T>(
        Func<IWriteSession, ValueTask<T>> work, WritePriority priority = WritePriority.Normal, CancellationToken cancellationToken = default) =>
        PacedAsync(work, priority, paced => WriteAloneAsync(paced, mayBeStored: false, attempt: 1, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<T> WriteTogetherAsync<T>(
        string order, Func<IWriteSession, ValueTask<T>> work, WritePriority priority = WritePriority.Normal, CancellationToken cancellationToken = default) =>
        PacedAsync(work, priority, paced => WriteTogetherAsync(order, paced, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<T> ReadTogetherAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken = default)
    {
        var shared = await _reads.RunAsync(new PostgresMember<T>("", read), cancellationToken);
        return shared.IsDone ? shared.Result! : await ReadAsync(read, snapshot: false, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<T> ReadAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
        ReadAsync(read, snapshot: false, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<T> ReadSnapshotAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
        ReadAsync(read, snapshot: true, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_writes.CloseAsync(), _reads.CloseAsync());
        await DataSource.DisposeAsync();
    }

    private Task<T> PacedAsync<T>(
        Func<IWriteSession, ValueTask<T>> work, WritePriority priority, Func<Func<IWriteSession, ValueTask<T>>, Task<T>> write, CancellationToken cancellationToken)
    {
        if (priority == WritePriority.Low)
        {
            return _lowPace.RunAsync(work, write, cancellationToken);
        }

        if (priority == WritePriority.Normal)
        {
            Interlocked.Increment(ref _normalWrites);
        }

        return write(work);
    }

    private async Task<T> WriteTogetherAsync<T>(string order, Func<IWriteSession, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        var shared = await _writes.RunAsync(new PostgresMember<T>(order, work), cancellationToken);
        return shared.IsDone ? shared.Result! : await WriteAloneAsync(work, shared.OutcomeUnknown, attempt: shared.Tries + 1, CancellationToken.None);
    }

    private async Task WriteGroupAsync(IReadOnlyList<PostgresMember> members)
    {
        var committing = false;
        try
        {
            await using var connection = await DataSource.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted);
            await new PostgresGroup(connection).RunAsync(members, WaitForLocksBriefly);
            committing = true;
            await transaction.CommitAsync();
        }
        catch (Exception exception)
        {
            Interlocked.Increment(ref _replays);
            Answer(members, exception, committing);
            return;
        }

        Succeeded(members.Count);
        foreach (var member in members)
        {
            member.Complete();
        }
    }

    private async Task ReadGroupAsync(IReadOnlyList<PostgresMember> members)
    {
        try
        {
            await using var connection = await DataSource.OpenConnectionAsync();
            await new PostgresGroup(connection).RunAsync(members);
        }
        catch (Exception exception)
        {
            Answer(members, exception, committing: false);
            return;
        }

        foreach (var member in members)
        {
            member.Complete();
        }
    }

    // Nobody has succeeded. Each finds out alone whether it was him; but those who have waited as long as anybody may do not wait once more.
    private void Answer(IReadOnlyList<PostgresMember> members, Exception exception, bool committing)
    {
        var fault = PostgresFaults.Of(exception);
        var outcomeUnknown = committing && (fault is PostgresFault.ConnectionLost or PostgresFault.Timeout);
        var hasWaited = (fault is PostgresFault.Timeout or PostgresFault.Unreachable) && !PostgresFaults.IsOfALock(exception);
        if (fault == PostgresFault.ConnectionLost)
        {
            DataSource.Clear();
        }

        foreach (var member in members)
        {
            if (hasWaited)
            {
                member.Fail(Told(exception, outcomeUnknown));
            }
            else
            {
                member.Fail(outcomeUnknown, tries: fault == PostgresFault.ConnectionLost ? 1 : 0);
            }
        }
    }

    private async Task<T> WriteAloneAsync<T>(Func<IWriteSession, ValueTask<T>> work, bool mayBeStored, int attempt, CancellationToken cancellationToken)
    {
        for (; ; attempt++)
        {
            var committing = false;
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                await using var connection = await DataSource.OpenConnectionAsync(cancellationToken);
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, CancellationToken.None);
                var session = new PostgresSession(connection, mayBeStored);
                var result = await work(session);
                await session.FlushAsync();
                committing = true;
                await transaction.CommitAsync(CancellationToken.None);
                Succeeded(1);
                return result;
            }
            catch (PostgresException exception) when (PostgresFaults.IsOfTheDisk(exception))
            {
                throw Told(exception, mayBeStored);
            }
            catch (Exception exception) when (PostgresFaults.Of(exception) is var fault and not PostgresFault.None)
            {
                mayBeStored |= committing && fault is PostgresFault.ConnectionLost or PostgresFault.Timeout;
                var again = fault switch
                {
                    PostgresFault.Conflict => attempt < MaximumTries,
                    PostgresFault.ConnectionLost => attempt < MaximumConnections,
                    _ => false,
                };
                if (fault == PostgresFault.ConnectionLost)
                {
                    // The others in the pool have most likely broken with it.
                    DataSource.Clear();
                }

                if (!again)
                {
                    throw Told(exception, mayBeStored);
                }
            }
        }
    }

    private async ValueTask<T> ReadAsync<T>(Func<IReadSession, ValueTask<T>> read, bool snapshot, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await DataSource.OpenConnectionAsync(cancellationToken);
                if (!snapshot)
                {
                    return await read(new PostgresSession(connection));
                }

                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
                var result = await read(new PostgresSession(connection));
                await transaction.CommitAsync(CancellationToken.None);
                return result;
            }
            catch (PostgresException exception) when (PostgresFaults.IsOfTheDisk(exception))
            {
                throw Told(exception, mayBeStored: false);
            }
            catch (Exception exception) when (PostgresFaults.Of(exception) is var fault and not PostgresFault.None)
            {
                if (fault == PostgresFault.ConnectionLost)
                {
                    DataSource.Clear();
                }

                if (fault == PostgresFault.Timeout)
                {
                    // Reading much takes long, and says nothing of whether the server stores: that is told by those who write.
                    throw _connections.Busy(exception, outcomeUnknown: false, isReported: false);
                }

                if (fault == PostgresFault.Unreachable || attempt >= MaximumConnections)
                {
                    throw Told(exception, mayBeStored: false);
                }
            }
        }
    }

    private void Succeeded(int items)
    {
        State.Written();
        Interlocked.Increment(ref _commits);
        Interlocked.Add(ref _items, items);
        try
        {
            Committed?.Invoke(items);
        }
        catch (Exception)
        {
            // Who only counts must not turn writes that are stored into failed ones.
        }
    }

    private StoreBusyException Told(Exception exception, bool mayBeStored)
    {
        // Another transaction that was in the way says nothing of the server.
        var isOutage = !PostgresFaults.IsOfAnotherTransaction(exception);
        var busy = _connections.Busy(exception, mayBeStored, isReported: isOutage);
        if (isOutage)
        {
            State.Failed(busy.Message);
        }

        return busy;
    }
}
