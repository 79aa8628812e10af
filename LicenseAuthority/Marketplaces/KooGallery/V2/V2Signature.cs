using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// The signature of V2 calls (protocol section 2b): hex of HMAC-SHA256 with the access key over accessKey ‖ nonce ‖ timestamp ‖ lower-case hex of
/// HMAC-SHA256 over the raw body, without separators. Nonce and timestamp are taken as they were sent.
/// </summary>
internal static class V2Signature
{
    /// <summary>The key that the call was signed with, or null. Compares in constant time, and with every key; the hex may be in any case.</summary>
    public static AccessKey? FindKey(IReadOnlyList<AccessKey> keys, string signature, string nonce, string timestamp, ReadOnlySpan<byte> body)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (signature.Length != 2 * given.Length || Convert.FromHexString(signature, given, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return null;
        }

        AccessKey? found = null;
        foreach (var key in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(Compute(key, nonce, timestamp, body), given))
            {
                found ??= key;
            }
        }

        return found;
    }

    /// <summary>Whether a text has the form of a signature, whoever made it.</summary>
    public static bool HasForm(string signature) => signature.Length == 2 * HMACSHA256.HashSizeInBytes && signature.All(char.IsAsciiHexDigit);

    /// <summary>The signature that a call must carry, as bytes.</summary>
    public static byte[] Compute(AccessKey key, string nonce, string timestamp, ReadOnlySpan<byte> body)
    {
        var inner = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(key.Bytes, body)));
        return HMACSHA256.HashData(key.Bytes, (byte[])[.. key.Bytes, .. Encoding.UTF8.GetBytes(nonce), .. Encoding.UTF8.GetBytes(timestamp), .. inner]);
    }
}
