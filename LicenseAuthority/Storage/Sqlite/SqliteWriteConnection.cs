using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// A connection that may write, with its transactions. Guarantees that nothing becomes durable but by <see cref="Commit"/>: after
/// errors such as SQLITE_FULL SQLite may end the transaction by itself, and what a work then still executes would commit alone;
/// a commit hook turns every such commit into a rollback.
/// </summary>
internal sealed class SqliteWriteConnection : IDisposable
{
    // SQLITE_DBSTATUS_CACHE_WRITE.
    private const int CacheWrite = 9;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _commit;
    private readonly sqlite3_stmt _rollBack;
    private bool _mayCommit;

    /// <summary>Takes over an open connection.</summary>
    public SqliteWriteConnection(SqliteConnection connection)
    {
        Session = new SqliteWriteSession(connection);
        _database = connection.Handle!;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollBack = Prepare("ROLLBACK");
        raw.sqlite3_commit_hook(_database, _ => _mayCommit ? 0 : 1, null);
    }

    public SqliteWriteSession Session { get; }

    /// <summary>SQLite's own answer, not ours: it ends transactions by itself.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_database) == 0;

    /// <summary>Takes the write lock, waiting for it at most as long as <c>busy_timeout</c> says.</summary>
    public void Begin()
    {
        Run(_begin);
    }

    /// <summary>Returns after the data has reached the disk. After an exception this connection must not be used again.</summary>
    public void Commit()
    {
        _mayCommit = true;
        try
        {
            Run(_commit);
        }
        finally
        {
            _mayCommit = false;
        }
    }

    /// <summary>Pages written to the write-ahead log since they were taken last.</summary>
    public int PagesWritten => CountPagesWritten(reset: false);

    /// <summary>As <see cref="PagesWritten"/>; counting begins anew.</summary>
    public int TakePagesWritten() => CountPagesWritten(reset: true);

    /// <summary>
    /// Brings over what the write-ahead log holds, as far as no reader still needs it. Nothing is lost when it fails: the next one or the next start makes
    /// up for it.
    /// </summary>
    /// <param name="empty">Waits for others, as long as <c>busy_timeout</c> says, and cuts the log to nothing; else nobody is waited for.</param>
    public Checkpoint CheckPoint(bool empty = false)
    {
        var mode = empty ? raw.SQLITE_CHECKPOINT_TRUNCATE : raw.SQLITE_CHECKPOINT_PASSIVE;
        var code = raw.sqlite3_wal_checkpoint_v2(_database, "main", mode, out var pages, out _);
        return code switch
        {
            raw.SQLITE_OK => new Checkpoint(pages, null),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new Checkpoint(0, null),
            _ => new Checkpoint(0, raw.sqlite3_errmsg(_database).utf8_to_string()),
        };
    }

    /// <summary>Rolls back what is still open; does nothing if SQLite has done it already.</summary>
    public void RollBack()
    {
        if (InTransaction)
        {
            Run(_rollBack);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _rollBack.Dispose();
        Session.CloseConnection();
    }

    private int CountPagesWritten(bool reset)
    {
        _ = raw.sqlite3_db_status(_database, CacheWrite, out var pages, out _, resetFlg: reset ? 1 : 0);
        return pages;
    }

    private sqlite3_stmt Prepare(string sql)
    {
        var code = raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement);
        if (code != raw.SQLITE_OK)
        {
            SqliteException.ThrowExceptionForRC(code, _database);
        }

        return statement;
    }

    private void Run(sqlite3_stmt statement)
    {
        var code = raw.sqlite3_step(statement);
        try
        {
            if (code != raw.SQLITE_DONE)
            {
                SqliteException.ThrowExceptionForRC(code, _database);
            }
        }
        finally
        {
            _ = raw.sqlite3_reset(statement);
        }
    }

    /// <summary>What became of a checkpoint.</summary>
    /// <param name="LogPages">Length of the log in pages; 0 when another checkpoint was running.</param>
    /// <param name="Fault">Why the disk refused; null = it did not.</param>
    public readonly record struct Checkpoint(int LogPages, string? Fault);
}
