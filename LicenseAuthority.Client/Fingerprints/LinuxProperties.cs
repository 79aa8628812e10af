namespace LicenseAuthority.Client.Fingerprints;

/// <summary>
/// A Linux machine. The UUID of SMBIOS is for root alone here, so there are the disk and the network card, both of which a copy of a virtual machine gets anew.
/// </summary>
internal static class LinuxProperties
{
    private const string Ethernet = "1";
    private const string PermanentAddress = "0";

    public static List<DeviceProperty> Of(IHostSystem system)
    {
        var properties = new List<DeviceProperty>();
        var root = LinuxRootVolume.Find(system);
        if (IsContainer(system) || root.IsMadeAnew)
        {
            return properties;
        }

        DeviceProperty.Add(properties, DeviceProperty.MachineId, ReadLine(system, "/etc/machine-id") ?? ReadLine(system, "/var/lib/dbus/machine-id"));

        // The Subsystem for Linux gets a disk and a card from Windows that are other ones after a restart.
        string[] names = ["microsoft", "Microsoft"];
        if (system.ReadText("/proc/sys/kernel/osrelease") is { } release && Array.Exists(names, release.Contains))
        {
            return properties;
        }

        DeviceProperty.Add(properties, DeviceProperty.RootDisk, root.FindDiskSerial());
        DeviceProperty.Add(properties, DeviceProperty.RootFileSystem, root.FindFileSystemUuid());
        DeviceProperty.Add(properties, DeviceProperty.NetworkCard, FindNetworkAddress(system));
        return properties;
    }

    /// <summary>The first line of a file that is not blank; null: none.</summary>
    internal static string? ReadLine(IHostSystem system, string path) =>
        system.ReadText(path)?.Split('\n').Select(static line => line.Trim('\0', ' ', '\t', '\r')).FirstOrDefault(static line => line.Length > 0);

    private static bool IsContainer(IHostSystem system)
    {
        string[] parts = ["/docker/", "/docker-", "kubepods", "/lxc/", "libpod-", "/containerd/"];
        return system.ReadText("/.dockerenv") is not null
            || system.ReadText("/run/.containerenv") is not null
            || system.ReadText("/run/systemd/container") is not null
            || (system.ReadText("/proc/self/cgroup") is { } groups && Array.Exists(parts, groups.Contains));
    }

    // The first by where it sits, one on USB last: that comes and goes. What is made by software (bridges, containers, VPN) has no device behind it, and an address that
    // was made at random, taken from another card or set by a user is not the one that the card came with.
    private static string? FindNetworkAddress(IHostSystem system)
    {
        var cards = new List<(bool IsUsb, string Slot, string Name, string Address)>();
        foreach (var name in system.GetNames("/sys/class/net"))
        {
            var card = "/sys/class/net/" + name;
            if (system.ReadText(card + "/device/uevent") is not { } device
                || system.GetNames(card + "/device/physfn").Count > 0
                || ReadLine(system, card + "/type") != Ethernet
                || ReadLine(system, card + "/addr_assign_type") != PermanentAddress
                || ReadLine(system, card + "/address") is not { } address
                || Placeholder.Is(address))
            {
                continue;
            }

            var lines = device.Split('\n');
            cards.Add((
                Array.Exists(lines, static line => line == "DEVTYPE=usb_interface"),
                Array.Find(lines, static line => line.StartsWith("PCI_SLOT_NAME=", StringComparison.Ordinal)) ?? "", name, address));
        }

        return cards.OrderBy(static card => card.IsUsb).ThenBy(static card => card.Slot, StringComparer.Ordinal).ThenBy(static card => card.Name, StringComparer.Ordinal)
            .Select(static card => card.Address).FirstOrDefault();
    }
}
