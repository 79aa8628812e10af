using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace LicenseAuthority.Client.Fingerprints;

/// <summary>The three functions of Windows that are asked; a user without rights may call them. Written out, as a package for them would be a dependency.</summary>
internal static class WindowsCalls
{
    private const int Ok = 0;

    /// <summary>A text (REG_SZ) or a number (REG_DWORD) below HKEY_LOCAL_MACHINE in the view of 64-bit programs; null: there is none.</summary>
    public static string? ReadRegistry(string key, string name)
    {
        // RRF_RT_REG_SZ, RRF_RT_REG_DWORD, RRF_SUBKEY_WOW6464KEY.
        const uint Flags = 0x00000002 | 0x00000010 | 0x00010000;
        const uint Number = 4;
        var localMachine = new IntPtr(unchecked((int)0x80000002));
        var value = new byte[1024];
        var size = (uint)value.Length;
        if (RegGetValue(localMachine, key, name, Flags, out var type, value, ref size) != Ok || size > value.Length)
        {
            return null;
        }

        return type == Number
            ? BitConverter.ToUInt32(value, 0).ToString(CultureInfo.InvariantCulture)
            : Encoding.Unicode.GetString(value, 0, (int)size);
    }

    /// <summary>The raw table of SMBIOS; null: there is none.</summary>
    public static byte[]? ReadFirmwareTable()
    {
        // 'RSMB'.
        const uint Provider = 0x52534D42;
        var size = GetSystemFirmwareTable(Provider, 0, null, 0);
        if (size is 0 or > 1024 * 1024)
        {
            return null;
        }

        var table = new byte[size];
        return GetSystemFirmwareTable(Provider, 0, table, size) == size ? table : null;
    }

    /// <summary>The STORAGE_DEVICE_DESCRIPTOR of the disk that a drive is on; null: it does not say.</summary>
    public static byte[]? ReadDiskDescriptor(char drive)
    {
        // Without a right to read or write: asking what it is needs none. FILE_SHARE_READ and FILE_SHARE_WRITE, OPEN_EXISTING.
        const uint QueryProperty = 0x002D1400;
        var invalid = new IntPtr(-1);
        var handle = CreateFile($@"\\.\{drive}:", 0, 1 | 2, IntPtr.Zero, 3, 0, IntPtr.Zero);
        if (handle == invalid)
        {
            return null;
        }

        try
        {
            // STORAGE_PROPERTY_QUERY: StorageDeviceProperty (0), PropertyStandardQuery (0), one byte that is not used, rounded up.
            var query = new byte[12];
            var descriptor = new byte[4096];
            return DeviceIoControl(handle, QueryProperty, query, (uint)query.Length, descriptor, (uint)descriptor.Length, out _, IntPtr.Zero) != 0 ? descriptor : null;
        }
        finally
        {
            _ = CloseHandle(handle);
        }
    }

    [DllImport("advapi32.dll", EntryPoint = "RegGetValueW", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int RegGetValue(IntPtr key, string subKey, string value, uint flags, out uint type, byte[] data, ref uint size);

    [DllImport("kernel32.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint GetSystemFirmwareTable(uint provider, uint table, byte[]? buffer, uint size);

    [DllImport("kernel32.dll", EntryPoint = "CreateFileW", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern IntPtr CreateFile(string name, uint access, uint share, IntPtr security, uint disposition, uint flags, IntPtr template);

    [DllImport("kernel32.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int DeviceIoControl(
        IntPtr device, uint code, byte[] input, uint inputSize, byte[] output, uint outputSize, out uint returned, IntPtr overlapped);

    [DllImport("kernel32.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int CloseHandle(IntPtr handle);
}
