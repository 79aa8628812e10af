using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Client.Format;

/// <summary>
/// Device ids: what a code holds instead of a fingerprint. Bound to the license, so that two licenses on one device cannot be linked.
/// </summary>
internal static class DeviceBinding
{
    /// <summary>The domain separation label in front of the hashed bytes.</summary>
    public const string Label = "license-authority/device/v1";

    /// <summary>Size of an id in bytes.</summary>
    public const int IdSize = 16;

    private static readonly char[] WhiteSpace = CodeText.AsciiWhiteSpace.ToCharArray();

    /// <summary>
    /// The id of a fingerprint on a license: base64url of the first 16 bytes of
    /// SHA-256(label ‖ 0x00 ‖ license id ‖ 0x00 ‖ UTF-8 of the fingerprint, trimmed of ASCII white space).
    /// </summary>
    public static string ComputeId(string licenseId, string fingerprint)
    {
        var bytes = Encoding.UTF8.GetBytes(Label + "\0" + licenseId + "\0" + Trim(fingerprint));
        using var sha256 = SHA256.Create();
        return StrictBase64Url.Encode(sha256.ComputeHash(bytes), IdSize);
    }

    /// <summary>A fingerprint as it is hashed: white space around it does not count.</summary>
    public static string Trim(string fingerprint) => fingerprint.Trim(WhiteSpace);

    /// <summary>True for the one spelling of an id's 16 bytes.</summary>
    public static bool IsId(string text) => StrictBase64Url.TryDecode(text, out var bytes) && bytes.Length == IdSize;

    /// <summary>How many of the license's device ids belong to one of the fingerprints. Null and blank fingerprints belong to none.</summary>
    public static int CountMatches(LicenseCode license, IEnumerable<string?> fingerprints)
    {
        var ids = new List<string>();
        foreach (var fingerprint in fingerprints)
        {
            // A blank one is what a machine gives whose property could not be read: it would belong to all of them.
            if (!string.IsNullOrWhiteSpace(fingerprint))
            {
                ids.Add(ComputeId(license.LicenseId, fingerprint!));
            }
        }

        return CountIds(license, ids);
    }

    /// <summary>How many of the license's device ids, which are distinct, are among <paramref name="ids"/>.</summary>
    public static int CountIds(LicenseCode license, IReadOnlyList<string> ids)
    {
        var matches = 0;
        for (var i = 0; i < license.DeviceIds.Count; i++)
        {
            for (var j = 0; j < ids.Count; j++)
            {
                if (string.Equals(license.DeviceIds[i], ids[j], StringComparison.Ordinal))
                {
                    matches++;
                    break;
                }
            }
        }

        return matches;
    }
}
