namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// Brings what the write-ahead log holds into the database file, on a thread of its own: SQLite itself would do it inside a COMMIT, and whoever
/// waits for that one would wait for a thousand scattered pages and two flushes as well.
/// <para>
/// The log starts again from its head only when nothing in it is left to be brought over, and beside a writer that never rests something always
/// is. So once the log is long, the writer itself does what little is left, after its callers have been answered.
/// </para>
/// </summary>
internal sealed class SqliteCheckpointer : IDisposable
{
    private readonly SqliteWriteConnection _connection;
    private readonly SqliteWriterLimits _limits;
    private readonly DatabaseState _state;
    private readonly Thread _thread;
    private readonly AutoResetEvent _wake = new(false);
    private int _pages;
    private volatile bool _writerShouldFinish;
    private volatile bool _closed;

    /// <summary>Starts the thread.</summary>
    /// <param name="connection">Used by nobody else until this is disposed; stays the caller's.</param>
    /// <param name="limits">When it has to be.</param>
    /// <param name="state">Is told of a checkpoint that fails.</param>
    public SqliteCheckpointer(SqliteWriteConnection connection, SqliteWriterLimits limits, DatabaseState state)
    {
        _state = state;
        _connection = connection;
        _limits = limits;
        _thread = new Thread(RunUntilClosed) { IsBackground = true, Name = "License store checkpointer" };
        _thread.Start();
    }

    /// <summary>Called by the writer on its thread between two transactions.</summary>
    public void Committed(SqliteWriteConnection writer)
    {
        _pages += writer.TakePagesWritten();
        if (_writerShouldFinish)
        {
            _writerShouldFinish = false;
            _ = Told(writer.CheckPoint());
        }

        if (_pages >= _limits.PagesBetweenCheckpoints)
        {
            _pages = 0;
            _wake.Set();
        }
    }

    /// <summary>Has the log brought over even if little was written since: it is longer than it should be, and whoever needed it may have gone.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Waits for a checkpoint that runs, and ends the thread.</summary>
    public void Dispose()
    {
        _closed = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void RunUntilClosed()
    {
        while (true)
        {
            _wake.WaitOne();
            if (_closed)
            {
                return;
            }

            if (Told(_connection.CheckPoint()).LogPages > _limits.LongLogPages)
            {
                _writerShouldFinish = true;
            }
        }
    }

    private SqliteWriteConnection.Checkpoint Told(SqliteWriteConnection.Checkpoint checkpoint)
    {
        _state.CheckpointFault = checkpoint.Fault;
        return checkpoint;
    }
}
