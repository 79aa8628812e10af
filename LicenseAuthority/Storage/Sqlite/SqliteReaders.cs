using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// Connections that only read, each used by one caller at a time. A read sees every write that was answered before it began, does not
/// wait for the writer, and sees one snapshot from its first statement to its last.
/// </summary>
/// <remarks>
/// Synchronous on purpose: SQLite has no asynchronous I/O, and a thread hop would cost more than the look-up. There is no limit to
/// how many read at once, so that nothing can wait for itself; only how many stay open is limited.
/// </remarks>
internal sealed class SqliteReaders : IDisposable
{
    private readonly SqliteConnections _connections;
    private readonly DatabaseState _state;
    private readonly SqliteFileGuard? _guard;
    private readonly int _maxIdle;
    private readonly ConcurrentBag<SqliteReadSession> _idle = [];
    private volatile bool _disposed;

    public SqliteReaders(SqliteConnections connections, DatabaseState state, SqliteFileGuard? guard, int maxIdle = 8)
    {
        _connections = connections;
        _state = state;
        _guard = guard;
        _maxIdle = maxIdle;
    }

    /// <summary>Lends a connection to <paramref name="read"/>. The result must not refer to it.</summary>
    /// <exception cref="StoreBusyException">Another program holds the database, or took its files away.</exception>
    /// <exception cref="StorageException">The file is damaged, or its disk fails.</exception>
    public T Read<T>(Func<SqliteReadSession, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SqliteReadSession? session = null;
        try
        {
            RefuseIfMoved();
            if (!_idle.TryTake(out session))
            {
                var connection = _connections.OpenReader();
                session = new SqliteReadSession(connection);
                _ = _guard?.LookAt(connection, writes: false);
            }

            RefuseIfMoved();

            session.Prepared("BEGIN").Execute();
            var result = read(session);
            session.Prepared("COMMIT").Execute();
            GiveBack(session);
            return result;
        }
        catch (Exception exception)
        {
            // Thrown away, with whatever it still held open.
            session?.CloseConnection();
            if (exception is SqliteException sqlite && SqliteConnections.IsBusy(sqlite))
            {
                throw _connections.Busy(sqlite);
            }

            if (exception is SqliteException { SqliteErrorCode: not SQLitePCL.raw.SQLITE_READONLY } disk && SqliteConnections.IsDiskFault(disk))
            {
                _state.Failed($"{_connections.Path} cannot be read ({disk.Message})");
                throw _connections.Unreadable(disk, isReported: true);
            }

            throw;
        }
    }

    /// <summary>Closes the connections that are not lent; a lent one is closed when it comes back.</summary>
    public void Dispose()
    {
        _disposed = true;
        CloseIdle();
    }

    // A write that was not acknowledged, because it went into a file that is no longer there, must not be found again and so acknowledged here.
    private void RefuseIfMoved()
    {
        if (_guard is { IsInPlace: false })
        {
            throw _guard.Refusal(committed: false);
        }
    }

    private void GiveBack(SqliteReadSession session)
    {
        if (_idle.Count >= _maxIdle)
        {
            session.CloseConnection();
            return;
        }

        _idle.Add(session);
        if (_disposed)
        {
            CloseIdle();
        }
    }

    private void CloseIdle()
    {
        while (_idle.TryTake(out var session))
        {
            session.CloseConnection();
        }
    }
}
