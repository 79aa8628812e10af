using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// The parts that are needed here of the kernel's <c>struct statx</c>, which has one layout on every processor; that of <c>struct stat</c> has many.
/// https://man7.org/linux/man-pages/man2/statx.2.html
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    private const int CurrentFolder = -100;
    private const int EmptyPath = 0x1000;
    private const uint InodeAsked = 0x100;

    private static readonly byte[] NoPath = [0];

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(136)]
    public uint DeviceMajor;

    [FieldOffset(140)]
    public uint DeviceMinor;

    public static bool TryGet(byte[] path, out FileStatus status) => StatX(CurrentFolder, path, 0, InodeAsked, out status) == 0;

    public static bool TryGet(SafeFileHandle handle, out FileStatus status) => StatX(handle, NoPath, EmptyPath, InodeAsked, out status) == 0;

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int folder, byte[] path, int flags, uint mask, out FileStatus status);

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(SafeFileHandle folder, byte[] path, int flags, uint mask, out FileStatus status);
}
