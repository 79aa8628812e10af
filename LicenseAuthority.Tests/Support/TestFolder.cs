using System.Security.Cryptography;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// Where tests keep their files: in memory where this machine has room for that, else in the system's folder for temporary files. A test makes some forty flushes,
/// and on a disk these are what it waits for; that they are made at all is tested by faults, not by waiting.
/// </summary>
internal static class TestFolder
{
    private const string Memory = "/dev/shm";
    private const long Enough = 2L << 30;

    /// <summary>Makes an empty folder of its own, for nobody else to read; the caller deletes it.</summary>
    public static string Create(string prefix = "license-authority-")
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(Memory) || new DriveInfo(Memory).AvailableFreeSpace < Enough)
        {
            return Directory.CreateTempSubdirectory(prefix).FullName;
        }

        return Directory.CreateDirectory(
            Path.Combine(Memory, prefix + RandomNumberGenerator.GetHexString(12)),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
    }
}
