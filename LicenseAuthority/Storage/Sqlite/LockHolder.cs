using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// Who holds the lock of a database, as far as the system tells: on Linux the kernel lists the locks of all processes that can be seen from here, which
/// those of another container are not.
/// </summary>
internal static class LockHolder
{
    private const string Unknown = "another process";

    /// <summary>Names the process, with its number, its name and since when it runs; "another process" where that cannot be told. Throws nothing.</summary>
    public static string Describe(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() && FindProcessId(path) is { } id ? Describe(id) : Unknown;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Unknown;
        }
    }

    private static string Describe(int id)
    {
        try
        {
            // Its name and not its arguments: they may hold secrets.
            using var process = Process.GetProcessById(id);
            return string.Create(CultureInfo.InvariantCulture, $"process {id} ({process.ProcessName}, since {process.StartTime.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ})");
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It ended just now, or belongs to somebody else.
            return string.Create(CultureInfo.InvariantCulture, $"process {id}");
        }
    }

    // proc_locks(5): "1: FLOCK ADVISORY WRITE 1234 fd:01:56789 0 EOF". The device is another number on some file systems than statx has, so the inode tells.
    private static int? FindProcessId(string path)
    {
        if (!FileStatus.TryGet(Encoding.UTF8.GetBytes(path + "\0"), out var status))
        {
            return null;
        }

        var inode = status.Inode.ToString(CultureInfo.InvariantCulture);
        foreach (var line in File.ReadLines("/proc/locks"))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts is [_, "FLOCK", _, "WRITE", var id, var file, ..] && file.Split(':')[^1] == inode
                && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var holder) && holder > 0)
            {
                return holder;
            }
        }

        return null;
    }
}
