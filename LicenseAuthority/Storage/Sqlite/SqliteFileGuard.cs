using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;
using SQLitePCL;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// Notices that the open files are no longer those at their paths: a folder that was deleted and made anew, a backup put in place, another file system
/// mounted over it, a lock file that somebody removed. What is written then is durable in a file that nobody will ever open again, so nothing may be
/// acknowledged any more.
/// <para>
/// The first reading that says so stops everything; a second one, <see cref="BetweenReadings"/> later, decides whether the database is lost or it was a
/// stumble of the file system. Windows refuses to delete an open file, so there is no guard there.
/// </para>
/// </summary>
/// <remarks>
/// On Linux file system and inode of handles that are held open here are compared with those that the paths have now, both asked each time. SQLite's own look at
/// the file that a connection writes to compares inodes alone; it ties each new connection to the handle, and is all there is on other Unix systems.
/// </remarks>
internal sealed class SqliteFileGuard : IDisposable
{
    /// <summary>From the first reading to the second.</summary>
    public static readonly TimeSpan BetweenReadings = TimeSpan.FromMilliseconds(100);

    private const int InPlace = 0;
    private const int Doubted = 1;
    private const int Gone = 2;

    private readonly DatabaseState _state;
    private readonly TimeProvider _time;
    private readonly OpenFile[] _files;
    private SqliteConnection? _writer;
    private ITimer? _secondReading;
    private volatile int _standing = InPlace;

    private SqliteFileGuard(DatabaseState state, TimeProvider time, OpenFile[] files)
    {
        _state = state;
        _time = time;
        _files = files;
    }

    /// <summary>False from the first bad reading on. Asks nothing.</summary>
    public bool IsInPlace => _standing == InPlace;

    /// <summary>Begins to watch; before it ends, no connection of this process may be open any more: closing a handle lets go of SQLite's locks.</summary>
    /// <param name="path">The database, which is there.</param>
    /// <param name="fileLock">The lock, which is held.</param>
    /// <param name="openKeeper">Opens the connection that stays open, and with it the write-ahead log.</param>
    /// <param name="state">Is told.</param>
    /// <param name="time">The clock.</param>
    /// <param name="keeper">What was opened.</param>
    public static SqliteFileGuard Start(
        string path, SqliteFileLock fileLock, Func<SqliteWriteConnection> openKeeper, DatabaseState state, TimeProvider time, out SqliteWriteConnection keeper)
    {
        // Before SQLite opens it, so that between the two somebody may only replace what both find replaced.
        var database = OpenFile.Open(path);
        try
        {
            keeper = openKeeper();
            return new SqliteFileGuard(state, time, [database, OpenFile.Open(path + "-wal"), new OpenFile(fileLock.Path, fileLock.Handle)]);
        }
        catch
        {
            database.Handle.Dispose();
            throw;
        }
    }

    /// <summary>Takes a reading; false when it, or one before, found something else at a path.</summary>
    public bool Look() => Look(OperatingSystem.IsLinux() ? null : _writer);

    /// <summary>As <see cref="Look()"/>, after a connection was opened; one that writes is looked at from now on.</summary>
    public bool LookAt(SqliteConnection opened, bool writes)
    {
        if (writes)
        {
            _writer = opened;
        }

        return Look(opened);
    }

    private bool Look(SqliteConnection? connection)
    {
        if (_standing != InPlace)
        {
            return false;
        }

        if (FindMoved(connection) is not { } moved)
        {
            return true;
        }

        if (Interlocked.CompareExchange(ref _standing, Doubted, InPlace) == InPlace)
        {
            _state.Failed($"{moved} is not the file that is open here");
            _secondReading = _time.CreateTimer(static guard => ((SqliteFileGuard)guard!).Decide(), this, BetweenReadings, Timeout.InfiniteTimeSpan);
        }

        return false;
    }

    /// <summary>What callers get while it is not in place.</summary>
    /// <param name="committed">Whether the write was committed, into whichever file.</param>
    public StoreBusyException Refusal(bool committed) =>
        new($"{_files[0].Path}, or a file beside it, was deleted or replaced while it was open", outcomeUnknown: committed) { IsReported = true };

    /// <inheritdoc/>
    public void Dispose()
    {
        _secondReading?.Dispose();
        foreach (var file in _files)
        {
            file.Handle.Dispose();
        }
    }

    private void Decide()
    {
        if (FindMoved(OperatingSystem.IsLinux() ? null : _writer) is { } moved)
        {
            _standing = Gone;
            _state.Lose(
                $"{moved} was deleted or replaced while this service had it open. Nothing was acknowledged since. What was sold before is in the backup, "
                + "or where the files were moved to: put them back, then start again (docs/operations.md, \"The files were taken away\").");
        }
        else
        {
            _standing = InPlace;
        }
    }

    private string? FindMoved(SqliteConnection? connection)
    {
        if (connection?.Handle is { IsInvalid: false } handle && HasMoved(handle))
        {
            return _files[0].Path;
        }

        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        foreach (var file in _files)
        {
            if (!file.IsAtItsPath())
            {
                return file.Path;
            }
        }

        return null;
    }

    private static bool HasMoved(sqlite3 database)
    {
        const int FcntlHasMoved = 20;
        return FileControl(database, "main\0"u8.ToArray(), FcntlHasMoved, out var moved) == raw.SQLITE_OK && moved != 0;
    }

    // SQLitePCLRaw has no method for it. https://www.sqlite.org/c3ref/file_control.html
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int FileControl(SafeHandle database, byte[] name, int operation, out int result);

    private sealed class OpenFile(string path, SafeFileHandle handle)
    {
        private readonly byte[] _path = Encoding.UTF8.GetBytes(path + "\0");

        public string Path { get; } = path;

        public SafeFileHandle Handle { get; } = handle;

        public static OpenFile Open(string path) =>
            new(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

        /// <summary>Linux only.</summary>
        public bool IsAtItsPath() =>
            FileStatus.TryGet(_path, out var there) && FileStatus.TryGet(Handle, out var open)
            && (there.Inode, there.DeviceMajor, there.DeviceMinor) == (open.Inode, open.DeviceMajor, open.DeviceMinor);
    }
}
