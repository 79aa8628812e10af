using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// The open license database: holds its lock, has brought it to this program's schema, and hands out the writer and the readers.
/// Disposal finishes the writes that wait, closes everything, empties the write-ahead log, and gives up the lock last.
/// </summary>
internal sealed class SqliteDatabase : IDatabase, IDisposable, IAsyncDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PrivateFolder = Private | UnixFileMode.UserExecute;
    private const UnixFileMode World = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly SqliteFileLock _lock;
    // Stays open and writes nothing. While it is there the write-ahead log is never the last connection's to clean up,
    // so readers go on when the writer has to reopen; and it makes the checkpoints, the final one included.
    private readonly SqliteWriteConnection _keeper;
    private readonly SqliteCheckpointer _checkpointer;
    private readonly LowPace _lowPace;
    private readonly SqliteFileGuard? _guard;
    private int _disposed;

    private SqliteDatabase(
        SqliteFileLock fileLock, SqliteWriteConnection keeper, SqliteFileGuard? guard, SqliteConnections connections, DatabaseState state, TimeProvider time,
        SqliteWriterLimits limits)
    {
        _lock = fileLock;
        _keeper = keeper;
        _guard = guard;
        State = state;
        _checkpointer = new SqliteCheckpointer(keeper, limits, state);
        Writer = new SqliteWriter(connections, time, limits, checkpointer: _checkpointer, state: state, guard: guard);
        _lowPace = new LowPace(() => Writer.NormalWrites, time);
        Readers = new SqliteReaders(connections, state, guard);
        Path = connections.Path;
    }

    /// <summary>Full path of the database file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public DatabaseState State { get; }

    /// <summary>The only one that writes.</summary>
    public SqliteWriter Writer { get; }

    /// <summary>For everything that decides nothing.</summary>
    public SqliteReaders Readers { get; }

    /// <summary>Creates what is missing, takes the lock, opens, migrates.</summary>
    /// <param name="options">Where.</param>
    /// <param name="contentRoot">Where a relative path starts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="migrations">Null: those that this program carries.</param>
    /// <param name="limits">Null: the product's.</param>
    /// <param name="beforeNew">Called before a database is made where there is none; throws when there should be one.</param>
    /// <exception cref="StorageException">It cannot be opened; the message says why and what to do.</exception>
    public static SqliteDatabase Open(
        StorageOptions options,
        string contentRoot,
        TimeProvider time,
        IReadOnlyList<Migration>? migrations = null,
        SqliteWriterLimits? limits = null,
        Action<string>? beforeNew = null)
    {
        var connections = SqliteConnections.From(options, contentRoot);
        var isNew = new FileInfo(connections.Path) is not { Exists: true, Length: > 0 };
        if (isNew)
        {
            // Before anything is created: where a folder is to be mounted there must be nothing of ours.
            RefuseLogAlone(connections.Path);
            beforeNew?.Invoke(connections.Path);
        }

        CreateFolder(connections.Path);
        var fileLock = SqliteFileLock.Take(connections.Path);
        SqliteWriteConnection? keeper = null;
        SqliteFileGuard? guard = null;
        try
        {
            CreateFile(connections.Path);
            var state = new DatabaseState(connections.Path);
            if (OperatingSystem.IsWindows())
            {
                keeper = OpenKeeper(connections);
            }
            else
            {
                guard = SqliteFileGuard.Start(connections.Path, fileLock, () => OpenKeeper(connections), state, time, out keeper);
            }

            Migrations.Apply(new SqliteMigrationTarget(keeper), migrations ?? Migrations.Embedded(SqlDialect.Sqlite), time);
            return new SqliteDatabase(fileLock, keeper, guard, connections, state, time, limits ?? new SqliteWriterLimits());
        }
        catch (Exception exception)
        {
            keeper?.Dispose();
            guard?.Dispose();
            fileLock.Dispose();
            if (exception is SqliteException damaged)
            {
                throw connections.Unreadable(damaged);
            }

            throw;
        }
    }

    SqlDialect IDatabase.Dialect => SqlDialect.Sqlite;

    bool IDatabase.IsContended => _lowPace.IsContended;

    Task<T> IDatabase.WriteAsync<T>(Func<IWriteSession, ValueTask<T>> work, WritePriority priority, CancellationToken cancellationToken) =>
        ToldAsync(priority == WritePriority.Low
            ? _lowPace.RunAsync(work, paced => Writer.RunAsync(session => Ended(paced(session)), priority, cancellationToken), cancellationToken)
            : Writer.RunAsync(session => Ended(work(session)), priority, cancellationToken));

    ValueTask<T> IDatabase.ReadAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Readers.Read(session => Ended(read(session))));

    void IDatabase.LookAfterFiles()
    {
        _ = _guard?.Look();
        if (State.LogBytes > SqliteConnections.LogBytesKept)
        {
            _checkpointer.Wake();
        }
    }

    ValueTask<T> IDatabase.ReadSnapshotAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken) =>
        ((IDatabase)this).ReadAsync(read, cancellationToken);

    // A disk that is full in the middle of a work is as much the store's as one that is full at COMMIT.
    private async Task<T> ToldAsync<T>(Task<T> write)
    {
        try
        {
            return await write;
        }
        catch (SqliteException exception) when (SqliteConnections.IsDiskFault(exception))
        {
            throw new StorageException($"Nothing can be written ({exception.Message})", exception) { IsReported = State.Fault is not null };
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await Writer.DisposeAsync();
        Readers.Dispose();
        _checkpointer.Dispose();
        _ = _keeper.CheckPoint(empty: true);
        _keeper.Dispose();
        _guard?.Dispose();
        _lock.Dispose();
    }

    // SQLite takes a log without its database for rubbish, and throws it away: it may be all that is left of what was sold.
    private static void RefuseLogAlone(string path)
    {
        if (new FileInfo(path + "-wal") is { Exists: true, Length: > 0 } log)
        {
            throw new StorageException(
                $"{path} is {(File.Exists(path) ? "empty" : "not there")}, but its write-ahead log {log.FullName} is, with {log.Length} bytes, and may hold what was sold: put the database back beside it, from where it was moved to, and start again. "
                + "Without it the log is of no use: to go on from a backup, move the log away first.");
        }
    }

    // SQLite has no asynchronous I/O: what awaits nothing but its session has ended when it returns.
    private static T Ended<T>(ValueTask<T> task) => task.IsCompleted
        ? task.GetAwaiter().GetResult()
        : throw new InvalidOperationException("Work on the database must await nothing but its session: everybody waits for it.");

    private static SqliteWriteConnection OpenKeeper(SqliteConnections connections)
    {
        SqliteWriteConnection? keeper = null;
        try
        {
            keeper = new SqliteWriteConnection(connections.OpenWriter());

            // SQLite opens the write-ahead log with the first read.
            _ = keeper.Session.Prepared("SELECT count(*) FROM sqlite_schema").QuerySingleOrDefault(static row => row.GetInt64(0));
            return keeper;
        }
        catch (SqliteException exception)
        {
            keeper?.Dispose();
            throw new StorageException(
                $"{connections.Path} cannot be opened as an SQLite database ({exception.Message}): check that it is one, that no other program locks it, and that the service may write it, its folder and the files beside it (Storage:ConnectionString).",
                exception);
        }
    }

    private static void CreateFolder(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(path)!;
        try
        {
            CreatePrivate(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"The folder {folder} cannot be created ({exception.Message}): create it for the user that runs the service, or choose another one in Storage:ConnectionString.",
                exception);
        }
    }

    // One by one: .NET gives the mode to the last folder only, and those above it would be open to everybody.
    private static void CreatePrivate(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        CreatePrivate(System.IO.Path.GetDirectoryName(folder)!);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, PrivateFolder);
        }
    }

    // SQLite would create the file as the umask says, usually readable by everybody; it gives the files beside it the mode of this one.
    private static void CreateFile(string path)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = Private;
            }

            new FileStream(path, options).Dispose();
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & World) != 0)
            {
                File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~World);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"{path} cannot be opened for writing ({exception.Message}): let it belong to the user that runs the service, or choose another one in Storage:ConnectionString.",
                exception);
        }
    }
}
