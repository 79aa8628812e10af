using Microsoft.Win32.SafeHandles;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// Keeps a second process off a database: an operating-system lock on <c>&lt;database&gt;.lock</c>, held until disposal.
/// The lock belongs to the process, so a killed one leaves none; the empty file stays, because deleting it would open a race.
/// It does not keep out programs that never ask for it, such as the <c>sqlite3</c> shell.
/// </summary>
internal sealed class SqliteFileLock : IDisposable
{
    private readonly FileStream _file;

    private SqliteFileLock(FileStream file)
    {
        _file = file;
    }

    public string Path => _file.Name;

    public SafeFileHandle Handle => _file.SafeFileHandle;

    /// <summary>Takes the lock, or fails at once.</summary>
    /// <exception cref="StorageException">Another process holds it, or it cannot be taken here.</exception>
    public static SqliteFileLock Take(string databasePath)
    {
        var path = databasePath + ".lock";
        FileStream file;
        try
        {
            file = Open(path);
        }
        catch (IOException exception) when (IsHeldByAnother(exception))
        {
            throw new StorageException(
                $"{databasePath} is in use: {LockHolder.Describe(path)} holds {path}. Stop that process, or give this one its own database (Storage:ConnectionString). The file itself need not be deleted: the lock ends with the process.",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"{path} cannot be opened ({exception.Message}): give the user that runs the service write access to the folder, or choose another one in Storage:ConnectionString.",
                exception);
        }

        // .NET goes on without a lock where the file system has none, or where locking was switched off; then a second try succeeds.
        try
        {
            Open(path).Dispose();
        }
        catch (IOException exception) when (IsHeldByAnother(exception))
        {
            return new SqliteFileLock(file);
        }

        file.Dispose();
        throw new StorageException(
            $"{path} cannot be locked, so a second process could not be kept off the database: put it on a local disk (Storage:ConnectionString), and do not set DOTNET_SYSTEM_IO_DISABLEFILELOCKING.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
    }

    private static FileStream Open(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    // EAGAIN on Linux and on the BSD family; sharing and lock violation on Windows.
    private static bool IsHeldByAnother(IOException exception)
    {
        return (exception.HResult & 0xFFFF) is 11 or 35 or 32 or 33;
    }
}
