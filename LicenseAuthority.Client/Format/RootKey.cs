using LicenseAuthority.Client.Signatures;

namespace LicenseAuthority.Client.Format;

/// <summary>The line that a vendor embeds: <c>la-root-1:</c> and base64url of the 32 bytes of an Ed25519 root public key.</summary>
internal static class RootKey
{
    /// <summary>Begins every line; the number is the version of the line, not of the key.</summary>
    public const string Prefix = "la-root-1:";

    /// <summary>Reads a line; white space around it is ignored. False for everything that is not a usable root key.</summary>
    public static bool TryParse(string? line, out Ed25519PublicKey? key)
    {
        key = null;
        var trimmed = line?.Trim();
        return trimmed is not null
            && trimmed.StartsWith(Prefix, StringComparison.Ordinal)
            && StrictBase64Url.TryDecode(trimmed, Prefix.Length, trimmed.Length - Prefix.Length, out var bytes)
            && Ed25519PublicKey.TryCreate(bytes, out key);
    }
}
