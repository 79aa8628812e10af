using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client.Fingerprints;

/// <summary>One property of a machine, as the system says it. Only its hash leaves the library. Immutable.</summary>
/// <param name="kind">Which one; part of the hash, so it never changes.</param>
/// <param name="value">What the system says.</param>
internal sealed class DeviceProperty(string kind, string value)
{
    public const string MachineGuid = "machine-guid";
    public const string SmbiosUuid = "smbios-uuid";
    public const string SystemDisk = "system-disk";
    public const string MachineId = "machine-id";
    public const string RootDisk = "root-disk";
    public const string RootFileSystem = "root-file-system";
    public const string NetworkCard = "network-card";
    public const string PlatformUuid = "platform-uuid";
    public const string SerialNumber = "serial-number";
    public const string Random = "random";

    private const string Label = "license-authority/fingerprint/v1";

    public string Kind { get; } = kind;

    /// <summary>
    /// Base64url of SHA-256(label ‖ 0x00 ‖ product ‖ 0x00 ‖ kind ‖ 0x00 ‖ value), in UTF-8. With the product, so that two vendors cannot tell that they have the same
    /// customer.
    /// </summary>
    public string Hash(string productId)
    {
        using var sha256 = SHA256.Create();
        return StrictBase64Url.Encode(sha256.ComputeHash(Encoding.UTF8.GetBytes($"{Label}\0{productId}\0{Kind}\0{value}")));
    }

    /// <summary>Adds a property whose value identifies something; leaves out a placeholder.</summary>
    public static void Add(List<DeviceProperty> properties, string kind, string? value)
    {
        // Some systems pad a serial number with zero bytes, some with spaces.
        var text = value?.Trim('\0', ' ', '\t', '\r', '\n');
        if (text is not null && !Placeholder.Is(text))
        {
            properties.Add(new DeviceProperty(kind, text));
        }
    }
}
