using System.Text;

namespace LicenseAuthority.Client.Fingerprints;

/// <summary>A Windows machine: one property of the installation, one of the board, one of the disk.</summary>
internal static class WindowsProperties
{
    private const string Control = @"SYSTEM\CurrentControlSet\Control";
    private const string Cryptography = @"SOFTWARE\Microsoft\Cryptography";

    public static List<DeviceProperty> Of(IHostSystem system)
    {
        var properties = new List<DeviceProperty>();

        // Only a Windows container has it.
        if (system.ReadRegistry(Control, "ContainerType") is not null)
        {
            return properties;
        }

        DeviceProperty.Add(properties, DeviceProperty.MachineGuid, system.ReadRegistry(Cryptography, "MachineGuid"));
        DeviceProperty.Add(properties, DeviceProperty.SmbiosUuid, FindUuid(system.ReadFirmwareTable()));
        DeviceProperty.Add(properties, DeviceProperty.SystemDisk, FindSerialNumber(system.ReadSystemDiskDescriptor()));
        return properties;
    }

    // RawSMBIOSData: 4 bytes of versions ‖ length(4, little-endian) ‖ structures. A structure: type(1) ‖ length(1) ‖ handle(2) ‖ …, then its texts, each ended by a
    // zero byte, then one more. Type 1, "System Information", has the UUID at 8 (DMTF DSP0134, 7.2).
    private static string? FindUuid(byte[]? table)
    {
        const int Header = 8;
        const int UuidAt = 8;
        const int UuidSize = 16;
        const int EndOfTable = 127;
        if (table is null || table.Length < Header)
        {
            return null;
        }

        var end = (int)Math.Min(table.Length, Header + (long)BitConverter.ToUInt32(table, 4));
        for (var at = Header; at + 4 <= end && table[at] != EndOfTable;)
        {
            var length = table[at + 1];
            if (length < 4 || at + length > end)
            {
                return null;
            }

            if (table[at] == 1)
            {
                return length >= UuidAt + UuidSize ? new Guid([.. table.Skip(at + UuidAt).Take(UuidSize)]).ToString("D") : null;
            }

            at += length;
            while (at + 1 < end && (table[at] != 0 || table[at + 1] != 0))
            {
                at++;
            }

            at += 2;
        }

        return null;
    }

    // STORAGE_DEVICE_DESCRIPTOR: at 24 the offset (4, little-endian) of the serial number, which a zero byte ends; 0 or -1: there is none.
    private static string? FindSerialNumber(byte[]? descriptor)
    {
        const int OffsetAt = 24;
        if (descriptor is null || descriptor.Length < OffsetAt + 4)
        {
            return null;
        }

        var begin = BitConverter.ToInt32(descriptor, OffsetAt);
        if (begin < OffsetAt + 4 || begin >= descriptor.Length)
        {
            return null;
        }

        var end = Array.IndexOf(descriptor, (byte)0, begin);
        return end < 0 ? null : Encoding.ASCII.GetString(descriptor, begin, end - begin);
    }
}
