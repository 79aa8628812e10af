using System.Diagnostics;
using System.Globalization;

namespace LicenseAuthority.Client.Keeping;

/// <summary>
/// A store in one file of a folder. The file is replaced as a whole; beside it lies the last good one before it. Who changes it holds a lock of the system on a file
/// of its own, which a killed process leaves to others. Reading needs no lock. Writes nothing outside the folder. Thread-safe.
/// </summary>
internal sealed class FolderStore(string directory) : LicenseStore
{
    public const string FileName = "license.lic";

    private const string LastName = FileName + ".last";
    private const string LockName = FileName + ".lock";
    private const string NewName = FileName + ".new";
    private const string UseName = FileName + ".use";

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(2);

    // An antivirus or a backup that looks at a file lets go of it soon.
    private static readonly TimeSpan FilePatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private static readonly bool IsWindows = Path.DirectorySeparatorChar == '\\';

    private string FilePath => Path.Combine(directory, FileName);

    private string UsePath => Path.Combine(directory, UseName);

    public override byte[]? Read() => ReadFile(FilePath);

    public override bool TryUpdate(Func<byte[]?, byte[]?> update)
    {
        using var held = TryLock();
        if (held is null)
        {
            return false;
        }

        try
        {
            // What is there and cannot be read must not be replaced by something that was not merged with it.
            var stored = Read();
            if (update(stored) is not { } bytes)
            {
                return true;
            }

            // What is torn must not take the place of the last good one.
            if (StoreDocument.IsWhole(stored))
            {
                Replace(stored!, LastName, toDisk: false);
            }

            Replace(bytes, FileName, toDisk: true);
            return true;
        }
        catch (Exception exception) when (IsTrouble(exception))
        {
            return false;
        }
    }

    internal override string? GetStamp()
    {
        try
        {
            var file = new FileInfo(FilePath);
            return file.Exists
                ? file.Length.ToString(CultureInfo.InvariantCulture) + "/" + file.LastWriteTimeUtc.Ticks.ToString(CultureInfo.InvariantCulture)
                : "";
        }
        catch (Exception exception) when (IsTrouble(exception))
        {
            return "";
        }
    }

    internal override byte[]? ReadLast() => ReadFile(Path.Combine(directory, LastName));

    // Each holds the file together with the others, and the system lets go of it for one that is killed.
    internal override IDisposable? Join()
    {
        CreateDirectory();
        Open(UsePath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        return new FileStream(UsePath, FileMode.Open, FileAccess.Read, FileShare.Read);
    }

    internal override bool Leave(IDisposable joined)
    {
        joined.Dispose();
        try
        {
            Open(UsePath, FileMode.Open, FileAccess.Read, FileShare.None).Dispose();
            return true;
        }
        catch (Exception exception) when (IsBusy(exception))
        {
            return false;
        }
    }

    internal override string Describe() => ShownPath.Of(directory);

    /// <summary>Whether an exception says that files cannot be had here, for whatever reason; not that something is wrong with the program.</summary>
    public static bool IsTrouble(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or NotSupportedException or System.Security.SecurityException or ArgumentException;

    /// <summary>Reads a file that others may replace meanwhile; null: there is none. Empty: it is longer than a store can be.</summary>
    /// <exception cref="Exception">It is there and cannot be read, see <see cref="IsTrouble"/>.</exception>
    public static byte[]? ReadFile(string path)
    {
        try
        {
            return Patiently(IsBusy, () =>
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                if (file.Length > StoreDocument.MaximumLength)
                {
                    return [];
                }

                // Not by its length, which special files do not tell; and a file that grows meanwhile ends at the limit.
                using var bytes = new MemoryStream();
                var buffer = new byte[64 * 1024];
                for (int read; (read = file.Read(buffer, 0, buffer.Length)) > 0;)
                {
                    bytes.Write(buffer, 0, read);
                    if (bytes.Length > StoreDocument.MaximumLength)
                    {
                        return [];
                    }
                }

                return bytes.ToArray();
            });
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private FileStream? TryLock()
    {
        try
        {
            CreateDirectory();
        }
        catch (Exception exception) when (IsTrouble(exception))
        {
            return null;
        }

        var path = Path.Combine(directory, LockName);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            }
            catch (Exception exception) when (IsTrouble(exception))
            {
                if (!IsBusy(exception) || watch.Elapsed >= LockPatience)
                {
                    return null;
                }

                Wait();
            }
        }
    }

    // For its owner alone: it holds codes, which are credentials.
    private void CreateDirectory()
    {
#if NET
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return;
        }
#endif
        Directory.CreateDirectory(directory);
    }

    private static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share = FileShare.None)
    {
#if NET
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
#else
        return new FileStream(path, mode, access, share);
#endif
    }

    // The last good one need not reach the disk at once: while it is written, the one before which it was is whole.
    private void Replace(byte[] bytes, string name, bool toDisk)
    {
        var written = Path.Combine(directory, NewName);
        var path = Path.Combine(directory, name);
        Patiently<object?>(IsHeldByOthers, () =>
        {
            using (var file = Open(written, FileMode.Create, FileAccess.Write))
            {
                file.Write(bytes, 0, bytes.Length);
                file.Flush(toDisk);
            }

#if NET
            File.Move(written, path, overwrite: true);
#else
            if (File.Exists(path))
            {
                File.Replace(written, path, null, ignoreMetadataErrors: true);
            }
            else
            {
                File.Move(written, path);
            }
#endif
            return null;
        });
    }

    private static T Patiently<T>(Func<Exception, bool> isPassing, Func<T> action)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return action();
            }
            catch (Exception exception) when (isPassing(exception) && watch.Elapsed < FilePatience)
            {
                Wait();
            }
        }
    }

    // On Windows a file that somebody looks at cannot be replaced, and that is said like a lack of rights.
    private static bool IsHeldByOthers(Exception exception) => IsBusy(exception) || (IsWindows && exception is UnauthorizedAccessException);

    // Somebody has it open. A lack of rights is something else, and nobody waits for that to pass.
    private static bool IsBusy(Exception exception)
    {
        const int SharingViolation = unchecked((int)0x80070020);
        const int LockViolation = unchecked((int)0x80070021);
        return exception is IOException and not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException)
            && (exception.HResult is SharingViolation or LockViolation || (!IsWindows && IsWouldBlock(exception)));
    }

    // What a lock that is held gives: EWOULDBLOCK, 11 on Linux, 35 on macOS.
    private static bool IsWouldBlock(Exception exception) => exception.HResult is 11 or 35;

    // Not by the guard's clock: this is about files.
    private static void Wait()
    {
        using var never = new ManualResetEventSlim();
        never.Wait(Pause);
    }
}
