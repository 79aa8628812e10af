using System.Security.Cryptography;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>The header <c>Body-Sign</c> that every answer carries (protocol section 1c).</summary>
internal static class BodySign
{
    public const string HeaderName = "Body-Sign";

    /// <summary>
    /// The header's value over the exact bytes of the body. The marketplace wants it letter by letter as published, the blank after
    /// <c>signature=</c> included.
    /// </summary>
    public static string Create(AccessKey key, ReadOnlySpan<byte> body)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Bytes, body, mac);
        return $"sign_type=\"HMAC-SHA256\", signature= \"{Convert.ToBase64String(mac)}\"";
    }
}
