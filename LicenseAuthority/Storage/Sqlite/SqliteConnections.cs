using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// Opens connections to one SQLite file, each with the settings that durability and bounded waiting rest on.
/// Connections are never pooled by the driver: the writer and the readers own theirs, and a closed one is closed.
/// </summary>
internal sealed class SqliteConnections
{
    private const string Setting = StorageOptions.SectionName + ":" + nameof(StorageOptions.ConnectionString);

    // Two waits exist, SQLite's own handler and the driver's retry loop around every command, which alone would go on for 30 s.
    private const int BusyTimeoutSeconds = 1;

    /// <summary>
    /// To what the write-ahead log's file is cut back when the log starts anew after it was longer, such as because a reader stayed open: 64 MB, which is
    /// where the writer ends it anyway. Cut to nothing it would have to grow again, block by block, with every start anew.
    /// </summary>
    public const int LogBytesKept = 64 * 1024 * 1024;

    private readonly string _writerConnectionString;
    private readonly string _readerConnectionString;

    static SqliteConnections() => DapperSettings.Apply();

    private SqliteConnections(string path, SqliteConnectionStringBuilder settings)
    {
        Path = path;
        settings.DataSource = path;
        settings.Pooling = false;
        settings.DefaultTimeout = BusyTimeoutSeconds;
        // The file is created beforehand, with its mode; SQLite would create it with the umask's.
        settings.Mode = SqliteOpenMode.ReadWrite;
        _writerConnectionString = settings.ToString();
        settings.Mode = SqliteOpenMode.ReadOnly;
        _readerConnectionString = settings.ToString();
    }

    /// <summary>Full path of the database file, symbolic links of the file resolved, so that one file has one lock.</summary>
    public string Path { get; }

    /// <summary>Checks the options. Touches no file.</summary>
    /// <exception cref="StorageException">A setting is wrong; the message names it and the remedy.</exception>
    public static SqliteConnections From(StorageOptions options, string contentRoot)
    {
        SqliteConnectionStringBuilder settings;
        try
        {
            settings = new SqliteConnectionStringBuilder(options.ConnectionString);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException)
        {
            throw new StorageException(
                $"{Setting} cannot be read ({exception.Message}): set it to something like 'Data Source=data/license-authority.db'.", exception);
        }

        var source = settings.DataSource.Trim();
        if (settings.Mode == SqliteOpenMode.Memory
            || source.Length == 0
            || source.Equals(":memory:", StringComparison.OrdinalIgnoreCase)
            || source.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            throw new StorageException(
                $"{Setting} must name a file: a store in memory forgets licenses that were paid for, and 'file:' addresses can hide one. Set 'Data Source' to a plain path such as 'data/license-authority.db'.");
        }

        if (settings.Mode == SqliteOpenMode.ReadOnly)
        {
            throw new StorageException($"{Setting} asks for a read-only database, in which no license can be stored: remove 'Mode'.");
        }

        if (settings.Cache == SqliteCacheMode.Shared)
        {
            // Its table locks are not waited for by busy_timeout, and readers could see what is not committed.
            throw new StorageException($"{Setting} asks for a shared cache, which does not fit one writer with separate readers: remove 'Cache'.");
        }

        if (source.Contains("|DataDirectory|", StringComparison.OrdinalIgnoreCase))
        {
            throw new StorageException($"{Setting} uses '|DataDirectory|', which is not known here: write the path itself; a relative one starts at {contentRoot}.");
        }

        var path = System.IO.Path.GetFullPath(source, System.IO.Path.GetFullPath(contentRoot));
        if (new FileInfo(path).LinkTarget is not null)
        {
            path = File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        }

        return new SqliteConnections(path, settings);
    }

    /// <summary>Opens a connection that may write. COMMIT on it returns after the data has reached the disk.</summary>
    public SqliteConnection OpenWriter()
    {
        var connection = new SqliteConnection(_writerConnectionString);
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout={BusyTimeoutSeconds * 1000}");
            // SQLite quietly opens a file read-only that it may not write, and BEGIN IMMEDIATE on it quietly begins a read.
            if (SQLitePCL.raw.sqlite3_db_readonly(connection.Handle, "main") != 0)
            {
                throw new StorageException(
                    $"{Path} is read-only for this process: let it belong to the user that runs the service, or choose another one in {Setting}.");
            }

            Execute(connection, "PRAGMA page_size=4096");
            var journal = Execute(connection, "PRAGMA journal_mode=WAL") as string;
            if (!string.Equals(journal, "wal", StringComparison.OrdinalIgnoreCase))
            {
                throw new StorageException(
                    $"{Path} cannot use a write-ahead log (SQLite stays in mode '{journal}'): put the database on a local disk and set {Setting} to it.");
            }

            Execute(connection, "PRAGMA synchronous=FULL");
            Execute(connection, "PRAGMA temp_store=MEMORY");
            Execute(connection, "PRAGMA foreign_keys=ON");
            // What is deleted, personal data among it, is overwritten: it would stay readable in the file, and in backups made of it.
            Execute(connection, "PRAGMA secure_delete=ON");
            Execute(connection, $"PRAGMA journal_size_limit={LogBytesKept}");
            // SqliteCheckpointer does it; closing the last connection does it as well.
            Execute(connection, "PRAGMA wal_autocheckpoint=0");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that cannot write, by its file handle and by <c>query_only</c>.</summary>
    public SqliteConnection OpenReader()
    {
        var connection = new SqliteConnection(_readerConnectionString);
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout={BusyTimeoutSeconds * 1000}");
            Execute(connection, "PRAGMA temp_store=MEMORY");
            Execute(connection, "PRAGMA query_only=ON");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>True if the error only says that another connection holds a lock.</summary>
    public static bool IsBusy(SqliteException exception)
    {
        return exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED;
    }

    /// <summary>True if the file or its disk is at fault, and not the statement, and not another connection.</summary>
    public static bool IsDiskFault(Exception exception)
    {
        return exception is SqliteException
        {
            SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB
                or SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN
        };
    }

    /// <summary>True if the disk has no space left for it, or the database has reached its greatest size.</summary>
    public static bool IsFull(Exception exception)
    {
        return exception is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL };
    }

    /// <summary>Says that the file cannot be read; a reader that finds damaged pages ends here.</summary>
    public StorageException Unreadable(SqliteException cause, bool isReported = false)
    {
        return new StorageException(
            $"{Path} cannot be read ({cause.Message}): it, or the disk that it lies on, may be damaged. Check it with PRAGMA integrity_check, and restore a backup (docs/operations.md, \"Backup\").",
            cause)
        {
            IsReported = isReported,
        };
    }

    /// <summary>Says "busy" in the domain's words; nothing of the call was stored.</summary>
    public StoreBusyException Busy(Exception cause)
    {
        return new StoreBusyException($"Another program holds a lock on {Path} ({cause.Message})", innerException: cause);
    }

    private static object? Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
