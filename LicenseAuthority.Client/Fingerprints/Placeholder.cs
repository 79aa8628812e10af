namespace LicenseAuthority.Client.Fingerprints;

/// <summary>Tells what a maker left in the place of a serial number: many machines have the same, so it identifies none.</summary>
internal static class Placeholder
{
    // Shorter than this it is a number that somebody counted up from one.
    private const int FewestCharacters = 4;

    // Compared without case, spaces and punctuation.
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "tobefilledbyoem", "tobefilledbyom", "oem", "defaultstring", "default", "none", "null", "empty", "invalid", "unknown", "uninitialized", "unavailable", "notspecified",
        "notapplicable", "notavailable", "notsettable", "notpresent", "nodata", "noserial", "serialnumber", "serial", "systemserialnumber", "chassisserialnumber",
        "baseboardserialnumber", "systemproductname", "systemmanufacturer", "ooo", "xxxxxxx", "test", "sample", "asset", "assettag", "noassettag", "noassetinformation",
        "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "0123456789", "01234567", "0123456789abcdef", "abcdefgh",

        // What phones give to everybody in the place of an address.
        "020000000000",

        // UUIDs that came on every board of some makers.
        "03000200040005000006000700080009", "00020003000400050006000700080009", "12345678123456789012123456789012", "1234567812345678123456789abcdef0",
        "123456781234567890abcddeefaabbcc", "fefefefefefefefefefefefefefefefe", "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100",
    };

    // What QEMU gives to every disk of a number.
    private static readonly string[] KnownParts = ["QEMU HARDDISK", "QM0000", "drive-scsi", "drive-virtio", "drive-ide"];

    public static bool Is(string value)
    {
        var plain = new string([.. value.Where(char.IsLetterOrDigit)]);
        return plain.Length < FewestCharacters
            || plain.All(character => character == plain[0])
            || Known.Contains(plain)
            || Array.Exists(KnownParts, value.Contains);
    }
}
