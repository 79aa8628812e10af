namespace LicenseAuthority.Client.Fingerprints;

/// <summary>A Mac: both are its logic board's, so both must fit.</summary>
internal static class MacProperties
{
    public static List<DeviceProperty> Of(IHostSystem system)
    {
        var properties = new List<DeviceProperty>();
        DeviceProperty.Add(properties, DeviceProperty.PlatformUuid, system.ReadPlatformProperty("IOPlatformUUID"));
        DeviceProperty.Add(properties, DeviceProperty.SerialNumber, system.ReadPlatformProperty("IOPlatformSerialNumber"));
        return properties;
    }
}
