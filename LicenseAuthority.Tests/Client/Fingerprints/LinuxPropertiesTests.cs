using LicenseAuthority.Client.Fingerprints;

namespace LicenseAuthority.Tests.Client.Fingerprints;

/// <summary>What is found below /etc, /proc and /sys of a Linux machine.</summary>
internal sealed class LinuxPropertiesTests
{
    private const string Uuid = "0d5e0c2a-7a51-4a7e-9b7b-3c1f2f1d0a11";

    private readonly record struct Found(string Kind, string Value);

    [Test]
    public void Of_BtrfsOnTwoDisks_FindsTheDiskByItsName()
    {
        var system = MadeUpSystem.Laptop();
        Mount(system, "0:33 /@ / rw,relatime - btrfs /dev/nvme0n1p2 rw,subvol=/@");
        system.Files["/run/udev/data/b259:2"] = "E:ID_FS_UUID=AAAA0C2A-7A51-4A7E-9B7B-3C1F2F1D0A11\n";

        AssertHas(system, DeviceProperty.RootDisk, "S64DNF0R123456");
        AssertHas(system, DeviceProperty.RootFileSystem, "aaaa0c2a-7a51-4a7e-9b7b-3c1f2f1d0a11");
    }

    [Test]
    public void Of_EncryptedRaid_FindsTheSameDiskWhenTheirNamesChangePlaces()
    {
        AssertHas(Raid("sda", "sdb"), DeviceProperty.RootDisk, "naa.5002538e40000001");
        AssertHas(Raid("sdb", "sda"), DeviceProperty.RootDisk, "naa.5002538e40000001");
    }

    [Test]
    public void Of_ImageOfOstree_LooksAtWhatItLiesOn()
    {
        var system = MadeUpSystem.Laptop();
        Mount(system, "0:44 / / ro,relatime - overlay composefs ro\n29 1 259:2 / /sysroot ro,relatime - ext4 /dev/nvme0n1p2 rw");

        AssertHas(system, DeviceProperty.RootDisk, "S64DNF0R123456");
        AssertHas(system, DeviceProperty.MachineId, "8f2d7f0b1c9a4d63b1e0a5c47d2e9f10");
    }

    [Test]
    public void Of_LoopOfDevices_Ends()
    {
        var system = MadeUpSystem.VirtualMachine();
        system.Files.Remove("/sys/block/dm-0/slaves/vda2/dev");
        system.Files["/sys/block/dm-0/slaves/dm-0/dev"] = "253:0\n";

        AssertHas(system, DeviceProperty.RootDisk, null);
    }

    [TestCase("QM00001\n")]
    [TestCase("\n")]
    [TestCase("0000000000000000\n")]
    public void Of_DiskWithoutANumberOfItsOwn_AsksFurther(string serial)
    {
        var system = MadeUpSystem.VirtualMachine();
        system.Files["/sys/block/vda/serial"] = serial;
        AssertHas(system, DeviceProperty.RootDisk, null);

        system.Files["/run/udev/data/b252:0"] = "E:ID_SERIAL=QEMU_HARDDISK_QM00001\nE:ID_SERIAL_SHORT=4d3c2b1a\n";
        AssertHas(system, DeviceProperty.RootDisk, "4d3c2b1a");
    }

    [Test]
    public void Of_MachineIdIsNotMadeYet_IsLeftOut()
    {
        var system = MadeUpSystem.Laptop();
        system.Files["/etc/machine-id"] = "uninitialized\n";

        AssertHas(system, DeviceProperty.MachineId, null);
    }

    [Test]
    public void Of_MachineIdOfAnOlderSystem_IsFound()
    {
        var system = MadeUpSystem.Laptop();
        system.Files["/etc/machine-id"] = "";
        system.Files["/var/lib/dbus/machine-id"] = "11112222333344445555666677778888\n";

        AssertHas(system, DeviceProperty.MachineId, "11112222333344445555666677778888");
    }

    [Test]
    public void Of_ACardOnUsb_GivesWayToOneThatStays()
    {
        var system = MadeUpSystem.Laptop();
        MadeUpSystem.Card(system, "enx00", "00:e0:4c:01:02:03", assigned: 0, device: "DEVTYPE=usb_interface\nDRIVER=r8152\n");
        AssertHas(system, DeviceProperty.NetworkCard, "54:e1:ad:12:34:56");

        system.Files.Remove("/sys/class/net/enp0s31f6/device/uevent");
        AssertHas(system, DeviceProperty.NetworkCard, "00:e0:4c:01:02:03");
    }

    [Test]
    public void Of_CardsAreNamedAnew_FindsTheSame()
    {
        var system = MadeUpSystem.Laptop();
        MadeUpSystem.Card(system, "eth0", "54:e1:ad:00:00:02", assigned: 0, device: "PCI_SLOT_NAME=0000:05:00.0\n");
        MadeUpSystem.Card(system, "eth1", "54:e1:ad:00:00:01", assigned: 0, device: "PCI_SLOT_NAME=0000:00:01.0\n");

        AssertHas(system, DeviceProperty.NetworkCard, "54:e1:ad:00:00:01");
    }

    [Test]
    public void Of_CardsThatAreNotTheMachines_AreLeftOut()
    {
        var system = MadeUpSystem.Laptop();
        MadeUpSystem.Card(system, "enp0s31f6", "54:e1:ad:12:34:56", assigned: 3, device: "PCI_SLOT_NAME=0000:00:1f.6\n");
        MadeUpSystem.Card(system, "ib0", "80:00:02:08:fe:80", assigned: 0, device: "PCI_SLOT_NAME=0000:01:00.0\n", type: 32);
        MadeUpSystem.Card(system, "enp1s0v0", "0a:11:22:33:44:55", assigned: 0, device: "PCI_SLOT_NAME=0000:01:10.0\n");
        system.Files["/sys/class/net/enp1s0v0/device/physfn/vendor"] = "0x8086\n";
        MadeUpSystem.Card(system, "wwan0", "00:00:00:00:00:00", assigned: 0, device: "PCI_SLOT_NAME=0000:02:00.0\n");

        AssertHas(system, DeviceProperty.NetworkCard, null);
    }

    [Test]
    public void Of_TheSubsystemForLinux_LeavesOutWhatWindowsLends()
    {
        var system = MadeUpSystem.Laptop();
        system.Files["/proc/sys/kernel/osrelease"] = "5.15.167.4-microsoft-standard-WSL2\n";

        Assert.That(LinuxProperties.Of(system).Select(property => property.Kind), Is.EqualTo(new[] { DeviceProperty.MachineId }));
    }

    // Of whatever stands there: nothing throws.
    [TestCase("")]
    [TestCase("-")]
    [TestCase(" - ")]
    [TestCase("1 2 3 4 / 6 - ext4")]
    [TestCase("1 2 999:9 / / rw - zfs rpool/ROOT/ubuntu rw")]
    public void Of_MountsThatSayNothing_FindsTheRest(string mounts)
    {
        var system = MadeUpSystem.Laptop();
        system.Files["/proc/self/mountinfo"] = mounts;

        AssertHas(system, DeviceProperty.RootDisk, null);
        AssertHas(system, DeviceProperty.RootFileSystem, Uuid);
        AssertHas(system, DeviceProperty.NetworkCard, "54:e1:ad:12:34:56");
    }

    private static MadeUpSystem Raid(string first, string second)
    {
        var system = MadeUpSystem.Laptop();
        Mount(system, "254:0 / / rw,relatime - ext4 /dev/mapper/root rw");
        system.Files["/sys/block/dm-0/dev"] = "254:0\n";
        system.Files["/sys/block/dm-0/slaves/md0/dev"] = "9:0\n";
        system.Files["/sys/block/md0/dev"] = "9:0\n";
        system.Files[$"/sys/block/md0/slaves/{first}1/dev"] = "";
        system.Files[$"/sys/block/md0/slaves/{second}1/dev"] = "";
        system.Files[$"/sys/block/{first}/{first}1/dev"] = "8:1\n";
        system.Files[$"/sys/block/{second}/{second}1/dev"] = "8:17\n";
        system.Files[$"/sys/block/{first}/device/wwid"] = "naa.5002538e40000001\n";
        system.Files[$"/sys/block/{second}/device/wwid"] = "naa.5002538e40000002\n";
        return system;
    }

    private static void Mount(MadeUpSystem system, string mount) => system.Files["/proc/self/mountinfo"] = "28 1 " + mount + "\n";

    // By the hashes, which are all that is seen of a value.
    private static void AssertHas(MadeUpSystem system, string kind, string? value)
    {
        var found = LinuxProperties.Of(system).Where(property => property.Kind == kind).Select(property => new Found(kind, property.Hash("x")));

        Assert.That(found, Is.EqualTo(value is null ? [] : new[] { new Found(kind, new DeviceProperty(kind, value).Hash("x")) }));
    }
}
