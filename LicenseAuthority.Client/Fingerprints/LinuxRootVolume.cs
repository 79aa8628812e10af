namespace LicenseAuthority.Client.Fingerprints;

/// <summary>
/// What the file system at <c>/</c> lies on, by <c>/proc/self/mountinfo</c>, <c>/sys/block</c> and what udev has found out; links are not followed, as the older of
/// the two targets cannot.
/// </summary>
internal sealed class LinuxRootVolume
{
    // Encryption on a logical volume on a RAID: three.
    private const int DeepestStack = 8;

    private static readonly string[] MadeAnew = ["overlay", "aufs", "tmpfs", "ramfs", "rootfs", "squashfs", "fuse.fuse-overlayfs", "9p", "nfs", "nfs4"];

    // An overlay that is no container's: the system image of OSTree. What it lies on is mounted beside it.
    private const string ImageOfOstree = "composefs";

    private readonly IHostSystem _system;
    private readonly BlockDevice? _device;

    private LinuxRootVolume(IHostSystem system, string type, BlockDevice? device)
    {
        (_system, _device) = (system, device);
        IsMadeAnew = Array.IndexOf(MadeAnew, type) >= 0;
    }

    /// <summary>Whether the root is that of a container or of a system that starts from a medium or a network: what is in it is not this machine's.</summary>
    public bool IsMadeAnew { get; }

    public static LinuxRootVolume Find(IHostSystem system)
    {
        var mounts = (system.ReadText("/proc/self/mountinfo") ?? "").Split('\n');
        var (number, type, source) = FindMount(mounts, "/");
        if (source == ImageOfOstree)
        {
            (number, type, source) = FindMount(mounts, "/sysroot");
        }

        // btrfs has a number of no device, and names one of those that it is on.
        var devices = BlockDevice.All(system);
        var device = devices.Find(one => one.Number == number)
            ?? devices.Find(one => source == "/dev/" + one.Name || (one.MappedName is { } name && source == "/dev/mapper/" + name));
        return new LinuxRootVolume(system, type, device);
    }

    /// <summary>The serial number of the disk; of several that it is on the first in ordinal order, as their names change places. Null: none has one.</summary>
    public string? FindDiskSerial()
    {
        var disks = new List<BlockDevice>();
        if (_device is not null)
        {
            Descend(BlockDevice.All(_system), _device, disks, DeepestStack);
        }

        return disks.Select(FindSerial).Where(static serial => serial is not null).OrderBy(static serial => serial, StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>The UUID of the file system; null: it is not known to a user who is not root.</summary>
    public string? FindFileSystemUuid()
    {
        const string Option = "root=UUID=";
        var uuid = (_device is null ? null : FindInUdev(_device, "ID_FS_UUID"))
            ?? (_system.ReadText("/proc/cmdline") ?? "").Split(' ', '\n').FirstOrDefault(static option => option.StartsWith(Option, StringComparison.Ordinal))?.Substring(Option.Length);
        return uuid?.Trim('"').ToLowerInvariant();
    }

    // 23 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw. Of several the last one lies on top.
    private static (string Number, string Type, string Source) FindMount(string[] mounts, string point)
    {
        var found = ("", "", "");
        foreach (var line in mounts)
        {
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-");
            if (dash > 4 && fields[4] == point && fields.Length > dash + 2)
            {
                found = (fields[2], fields[dash + 1], fields[dash + 2]);
            }
        }

        return found;
    }

    private static void Descend(List<BlockDevice> all, BlockDevice device, List<BlockDevice> disks, int depth)
    {
        if (device.Below.Count == 0)
        {
            disks.Add(all.Find(one => one.Name == device.Disk) ?? device);
            return;
        }

        foreach (var below in all.Where(one => depth > 0 && device.Below.Contains(one.Name)))
        {
            Descend(all, below, disks, depth - 1);
        }
    }

    private string? FindSerial(BlockDevice disk)
    {
        string[] files = ["serial", "device/serial", "device/cid", "wwid", "device/wwid"];
        return files.Select(file => LinuxProperties.ReadLine(_system, $"/sys/block/{disk.Name}/{file}")).FirstOrDefault(static text => text is not null && !Placeholder.Is(text))
            ?? FindInUdev(disk, "ID_SERIAL_SHORT");
    }

    private string? FindInUdev(BlockDevice device, string name) => (_system.ReadText("/run/udev/data/b" + device.Number) ?? "").Split('\n')
        .FirstOrDefault(line => line.StartsWith($"E:{name}=", StringComparison.Ordinal))?.Substring(name.Length + 3);

    /// <summary>A disk, a partition, or what is made of some.</summary>
    private sealed class BlockDevice
    {
        public string Name { get; private init; } = "";

        /// <summary>Major and minor, <c>8:2</c>.</summary>
        public string? Number { get; private init; }

        /// <summary>The disk that it is a part of; itself.</summary>
        public string Disk { get; private init; } = "";

        public string? MappedName { get; private init; }

        /// <summary>What it is made of; none for disks and partitions.</summary>
        public IReadOnlyList<string> Below { get; private init; } = [];

        public static List<BlockDevice> All(IHostSystem system)
        {
            var all = new List<BlockDevice>();
            foreach (var disk in system.GetNames("/sys/block"))
            {
                var path = "/sys/block/" + disk;
                all.Add(new BlockDevice
                {
                    Name = disk,
                    Disk = disk,
                    Number = LinuxProperties.ReadLine(system, path + "/dev"),
                    MappedName = LinuxProperties.ReadLine(system, path + "/dm/name"),
                    Below = system.GetNames(path + "/slaves"),
                });
                foreach (var part in system.GetNames(path).Where(name => name.StartsWith(disk, StringComparison.Ordinal)))
                {
                    all.Add(new BlockDevice { Name = part, Disk = disk, Number = LinuxProperties.ReadLine(system, $"{path}/{part}/dev") });
                }
            }

            return all;
        }
    }
}
