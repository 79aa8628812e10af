using System.Text;

namespace LicenseAuthority.Keys;

/// <summary>
/// Writes to the keys directory, one at a time on a machine: it holds the lock file with a lock of the operating system, which a killed process leaves
/// behind unlocked. A file appears whole and on the disk, or not at all; one that exists is replaced only by <see cref="Replace"/>. The lock binds only those who ask for it:
/// a person copying files into the directory does not, so do that while no command runs.
/// </summary>
internal sealed class KeyDirectoryWriter : IDisposable
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const string TemporarySuffix = ".tmp";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly FileStream _lock;
    private readonly Action<string>? _beforeStep;

    private KeyDirectoryWriter(KeyDirectory directory, FileStream @lock, Action<string>? beforeStep)
    {
        Directory = directory;
        _lock = @lock;
        _beforeStep = beforeStep;
    }

    public KeyDirectory Directory { get; }

    /// <summary>Creates the directory where needed, closes it to other users, takes the lock, and removes what a killed process left half written.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="beforeStep">For tests: called before each change on the disk, with its name.</param>
    public static KeyDirectoryWriter Open(KeyDirectory directory, Action<string>? beforeStep = null)
    {
        try
        {
            CreateFolder(directory.FullPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyException(
                $"The keys directory {directory.FullPath} cannot be created, or not be closed to other users (mode 0700): {exception.Message} "
                + "Choose another one by Keys:Directory, or give it to the user of this service.",
                exception);
        }

        var path = directory.PathOf(KeyDirectory.LockFile);
        try
        {
            var writer = new KeyDirectoryWriter(directory, new FileStream(path, Options(FileMode.OpenOrCreate)), beforeStep);
            writer.DeleteHalfWritten();
            return writer;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyException(
                $"The keys directory cannot be locked ({path}): {exception.Message} If another \"keys\" command or a starting service writes there, "
                + "wait until it is done and try again.",
                exception);
        }
    }

    /// <summary>Writes a new file, mode 0600. It is on the disk when this returns.</summary>
    public void Write(string name, string text) => Put(name, text, overwrite: false);

    /// <summary>Puts another text in the place of a file's, as a whole: whenever this is cut short, the file has one of the two.</summary>
    public void Replace(string name, string text) => Put(name, text, overwrite: true);

    /// <summary>Deletes a file.</summary>
    public void Delete(string name)
    {
        try
        {
            _beforeStep?.Invoke("delete");
            File.Delete(Directory.PathOf(name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyException($"{Directory.PathOf(name)} cannot be deleted: {exception.Message}", exception);
        }
    }

    public void Dispose() => _lock.Dispose();

    private void Put(string name, string text, bool overwrite)
    {
        var path = Directory.PathOf(name);
        var folder = Path.GetDirectoryName(path)!;
        // Left over from a process that was killed here, if it exists: nobody else can be writing.
        var temporary = Path.Combine(folder, $".{Path.GetFileName(path)}{TemporarySuffix}");
        try
        {
            CreateFolder(folder);
            File.Delete(temporary);
            _beforeStep?.Invoke("write");
            using (var stream = new FileStream(temporary, Options(FileMode.CreateNew)))
            {
                stream.Write(Utf8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            // On Unix, .NET looks for the target and then renames: two steps, which only the lock makes one.
            _beforeStep?.Invoke("rename");
            File.Move(temporary, path, overwrite);

            // The new name must be on the disk too, and .NET cannot flush a folder. The file's own metadata changed with the name, and the journals
            // of ext4, XFS and Btrfs bring both along when the file is flushed once more.
            _beforeStep?.Invoke("flush");
            using var named = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            named.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyException($"{path} cannot be written: {exception.Message}{(overwrite ? "" : " Existing key files are never overwritten.")}", exception);
        }
        finally
        {
            DeleteQuietly(temporary);
        }
    }

    // Nobody else can be writing: it was a process that is gone. Such a file may hold a key that is long retired.
    private void DeleteHalfWritten()
    {
        try
        {
            foreach (var folder in (string[])[Directory.FullPath, Directory.PathOf(KeyDirectory.RootFolder)])
            {
                if (System.IO.Directory.Exists(folder))
                {
                    Array.ForEach(System.IO.Directory.GetFiles(folder, $".*{TemporarySuffix}"), DeleteQuietly);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever needs to read this folder says so.
        }
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(path);
            return;
        }

        System.IO.Directory.CreateDirectory(path, FolderMode);
        // It may have been there before, open to everyone: a checkout or an unpacked archive makes it so.
        if (File.GetUnixFileMode(path) != FolderMode)
        {
            File.SetUnixFileMode(path, FolderMode);
        }
    }

    private static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode600;
        }

        return options;
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Encrypted, in a closed folder, and deleted by the next write of the same name: not worth hiding the error before it.
        }
    }
}
