namespace LicenseAuthority.Client.Fingerprints;

/// <summary>Which properties a machine has that stay as long as it does; none where it has no identity of its own.</summary>
internal static class DeviceProperties
{
    public static IReadOnlyList<DeviceProperty> Of(IHostSystem system) => IsDeclaredContainer(system)
        ? []
        : system.Kind switch
        {
            HostSystemKind.Windows => WindowsProperties.Of(system),
            HostSystemKind.Linux => LinuxProperties.Of(system),
            HostSystemKind.MacOS => MacProperties.Of(system),
            _ => [],
        };

    // Said by Microsoft's images, by each pod, and by systemd-nspawn, LXC, Podman and Flatpak.
    private static bool IsDeclaredContainer(IHostSystem system) =>
        system.GetVariable("DOTNET_RUNNING_IN_CONTAINER") is "true" or "1"
        || !string.IsNullOrEmpty(system.GetVariable("KUBERNETES_SERVICE_HOST"))
        || !string.IsNullOrEmpty(system.GetVariable("container"));
}
