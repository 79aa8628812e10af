using System.Buffers.Binary;
using System.Text;
using LicenseAuthority.Client.Fingerprints;

namespace LicenseAuthority.Tests.Client.Fingerprints;

/// <summary>A system that says what real ones were seen to say, or are documented to say; to be changed before it is asked.</summary>
internal sealed class MadeUpSystem(HostSystemKind kind) : IHostSystem
{
    public HostSystemKind Kind { get; } = kind;

    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Linux: files by their paths. Folders are what the paths say.</summary>
    public SortedDictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Registry { get; } = [];

    public byte[]? FirmwareTable { get; set; }

    public byte[]? DiskDescriptor { get; set; }

    public Dictionary<string, string> PlatformProperties { get; } = [];

    public string? GetVariable(string name) => Variables.GetValueOrDefault(name);

    public string? ReadText(string path) => Files.GetValueOrDefault(path);

    public IReadOnlyList<string> GetNames(string directory) =>
        [.. Files.Keys.Where(path => path.StartsWith(directory + "/", StringComparison.Ordinal)).Select(path => path[(directory.Length + 1)..].Split('/')[0]).Distinct()];

    public string? ReadRegistry(string key, string name) => Registry.GetValueOrDefault(key + "\\" + name);

    public byte[]? ReadFirmwareTable() => FirmwareTable;

    public byte[]? ReadSystemDiskDescriptor() => DiskDescriptor;

    public string? ReadPlatformProperty(string name) => PlatformProperties.GetValueOrDefault(name);

    /// <summary>A desktop with Windows 11.</summary>
    public static MadeUpSystem Windows() => new(HostSystemKind.Windows)
    {
        Registry = { [@"SOFTWARE\Microsoft\Cryptography\MachineGuid"] = "5f0c1d3e-9d6b-4b0e-8a55-0c2d1f7a9b10\0" },
        FirmwareTable = Smbios("4c4c4544-0042-3510-8048-b4c04f4e3133"),
        DiskDescriptor = Descriptor("S5H9NS0N812345X     "),
    };

    /// <summary>A notebook: NVMe, ext4, a cable and a Wi-Fi with an address made at random; Docker and a VPN run.</summary>
    public static MadeUpSystem Laptop()
    {
        var system = new MadeUpSystem(HostSystemKind.Linux)
        {
            Files =
            {
                ["/etc/machine-id"] = "8f2d7f0b1c9a4d63b1e0a5c47d2e9f10\n",
                ["/proc/self/mountinfo"] = """
                    22 28 0:21 / /proc rw,nosuid - proc proc rw
                    28 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
                    95 28 259:1 / /boot/efi rw,relatime shared:31 - vfat /dev/nvme0n1p1 rw
                    """,
                ["/proc/self/cgroup"] = "0::/user.slice/user-1000.slice/session-2.scope\n",
                ["/proc/sys/kernel/osrelease"] = "6.8.0-45-generic\n",
                ["/proc/cmdline"] = "BOOT_IMAGE=/boot/vmlinuz-6.8.0-45-generic root=UUID=0d5e0c2a-7a51-4a7e-9b7b-3c1f2f1d0a11 ro quiet splash\n",
                ["/sys/block/nvme0n1/dev"] = "259:0\n",
                ["/sys/block/nvme0n1/device/serial"] = "S64DNF0R123456      \n",
                ["/sys/block/nvme0n1/nvme0n1p1/dev"] = "259:1\n",
                ["/sys/block/nvme0n1/nvme0n1p2/dev"] = "259:2\n",
                ["/sys/block/loop0/dev"] = "7:0\n",
            },
        };
        Card(system, "docker0", "02:42:5a:11:22:33", assigned: 3, device: null);
        Card(system, "enp0s31f6", "54:e1:ad:12:34:56", assigned: 0, device: "DRIVER=e1000e\nPCI_CLASS=20000\nPCI_SLOT_NAME=0000:00:1f.6\n");
        Card(system, "tun0", "", assigned: 0, device: null, type: 65534);
        Card(system, "wlp2s0", "9a:0b:1c:2d:3e:4f", assigned: 3, device: "DRIVER=iwlwifi\nPCI_SLOT_NAME=0000:02:00.0\n");
        return system;
    }

    /// <summary>A virtual machine of KVM in a cloud: XFS on LVM, with udev, a disk whose serial number is the volume's.</summary>
    public static MadeUpSystem VirtualMachine()
    {
        var system = new MadeUpSystem(HostSystemKind.Linux)
        {
            Files =
            {
                ["/etc/machine-id"] = "b0a1c2d3e4f5061728394a5b6c7d8e9f\n",
                ["/proc/self/mountinfo"] = "25 1 253:0 / / rw,relatime shared:1 - xfs /dev/mapper/rl-root rw,attr2\n",
                ["/proc/self/cgroup"] = "0::/system.slice/editor.service\n",
                ["/proc/sys/kernel/osrelease"] = "5.14.0-427.el9.x86_64\n",
                ["/sys/block/dm-0/dev"] = "253:0\n",
                ["/sys/block/dm-0/dm/name"] = "rl-root\n",
                ["/sys/block/dm-0/slaves/vda2/dev"] = "252:2\n",
                ["/sys/block/vda/dev"] = "252:0\n",
                ["/sys/block/vda/serial"] = "vol-0f1e2d3c4b5a6978\n",
                ["/sys/block/vda/vda1/dev"] = "252:1\n",
                ["/sys/block/vda/vda2/dev"] = "252:2\n",
                ["/run/udev/data/b253:0"] = "S:mapper/rl-root\nE:DM_NAME=rl-root\nE:ID_FS_UUID=3f6a1b2c-1111-4222-8333-944455566677\nE:ID_FS_TYPE=xfs\n",
            },
        };
        Card(system, "eth0", "52:54:00:aa:bb:cc", assigned: 0, device: "DRIVER=virtio_net\nMODALIAS=virtio:d00000001v00001AF4\n");
        return system;
    }

    public static MadeUpSystem Mac() => new(HostSystemKind.MacOS)
    {
        PlatformProperties = { ["IOPlatformUUID"] = "A1B2C3D4-0001-5E6F-8A9B-001122334455", ["IOPlatformSerialNumber"] = "C02XK1ZJJGH5" },
    };

    public static void Card(MadeUpSystem system, string name, string address, int assigned, string? device, int type = 1)
    {
        var card = "/sys/class/net/" + name;
        system.Files[card + "/address"] = address + "\n";
        system.Files[card + "/addr_assign_type"] = $"{assigned}\n";
        system.Files[card + "/type"] = $"{type}\n";
        if (device is not null)
        {
            system.Files[card + "/device/uevent"] = device;
        }
    }

    /// <summary>A table with the structures 0 (with texts), 1 and 127, as GetSystemFirmwareTable gives it.</summary>
    public static byte[] Smbios(string uuid)
    {
        byte[] bios = [0, 6, 0, 0, 1, 2, .. "Maker\0"u8, .. "1.2.3\0"u8, 0];
        byte[] system = [1, 27, 1, 0, 1, 2, 0, 3, .. Guid.Parse(uuid).ToByteArray(), 6, 0, 0, .. "Maker\0"u8, .. "Model\0"u8, .. "To be filled by O.E.M.\0"u8, 0];
        byte[] structures = [.. bios, .. system, 127, 4, 2, 0, 0, 0];
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)structures.Length);
        return [0, 3, 4, 0, .. length, .. structures];
    }

    /// <summary>A STORAGE_DEVICE_DESCRIPTOR of a buffer's length, as DeviceIoControl gives it.</summary>
    public static byte[] Descriptor(string? serialNumber)
    {
        const int SerialNumberAt = 60;
        var descriptor = new byte[256];
        Encoding.ASCII.GetBytes("Samsung \0").CopyTo(descriptor, 40);
        if (serialNumber is not null)
        {
            BinaryPrimitives.WriteInt32LittleEndian(descriptor.AsSpan(24), SerialNumberAt);
            Encoding.ASCII.GetBytes(serialNumber).CopyTo(descriptor, SerialNumberAt);
        }

        return descriptor;
    }
}
