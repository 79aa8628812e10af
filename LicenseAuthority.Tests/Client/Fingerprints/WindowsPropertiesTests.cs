using LicenseAuthority.Client.Fingerprints;

namespace LicenseAuthority.Tests.Client.Fingerprints;

/// <summary>The bytes that Windows gives, and those that it should not.</summary>
internal sealed class WindowsPropertiesTests
{
    [Test]
    public void Of_BoardWithADefaultUuid_LeavesItOut()
    {
        var system = MadeUpSystem.Windows();
        system.FirmwareTable = MadeUpSystem.Smbios("03000200-0400-0500-0006-000700080009");

        Assert.That(KindsOf(system), Is.EqualTo(new[] { DeviceProperty.MachineGuid, DeviceProperty.SystemDisk }));
    }

    [Test]
    public void Of_DiskWithoutASerialNumber_LeavesItOut()
    {
        var system = MadeUpSystem.Windows();
        system.DiskDescriptor = MadeUpSystem.Descriptor(null);

        Assert.That(KindsOf(system), Is.EqualTo(new[] { DeviceProperty.MachineGuid, DeviceProperty.SmbiosUuid }));
    }

    [Test]
    public void Of_SerialNumberFilledUp_IsTheSame()
    {
        var (spaces, bare) = (MadeUpSystem.Windows(), MadeUpSystem.Windows());
        spaces.DiskDescriptor = MadeUpSystem.Descriptor("      WD-WCC4N0123456");
        bare.DiskDescriptor = MadeUpSystem.Descriptor("WD-WCC4N0123456");

        Assert.That(HashesOf(spaces), Is.EqualTo(HashesOf(bare)));
    }

    // Cut off anywhere, each byte changed: nothing throws, and nothing is read beyond the end.
    [Test]
    public void Of_TornBytes_FindsThemOrNot()
    {
        var (table, descriptor) = (MadeUpSystem.Smbios("4c4c4544-0042-3510-8048-b4c04f4e3133"), MadeUpSystem.Descriptor("S5H9NS0N812345X"));
        for (var length = 0; length < descriptor.Length; length++)
        {
            var system = MadeUpSystem.Windows();
            system.FirmwareTable = table[..Math.Min(length, table.Length)];
            system.DiskDescriptor = descriptor[..length];
            Assert.That(() => KindsOf(system), Throws.Nothing);
        }

        for (var at = 0; at < table.Length; at++)
        {
            foreach (var value in new byte[] { 0, 1, 127, 128, 255 })
            {
                var system = MadeUpSystem.Windows();
                system.FirmwareTable = [.. table[..at], value, .. table[(at + 1)..]];
                system.DiskDescriptor = [.. descriptor[..at], value, .. descriptor[(at + 1)..]];
                Assert.That(() => KindsOf(system), Throws.Nothing);
            }
        }
    }

    private static List<string> KindsOf(MadeUpSystem system) => WindowsProperties.Of(system).ConvertAll(property => property.Kind);

    private static List<string> HashesOf(MadeUpSystem system) => WindowsProperties.Of(system).ConvertAll(property => property.Hash("x"));
}
