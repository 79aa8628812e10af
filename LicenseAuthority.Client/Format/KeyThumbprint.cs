using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Client.Format;

/// <summary>The key id of an Ed25519 public key: the first 16 characters of its JWK thumbprint (RFC 7638, RFC 8037 appendix A.3).</summary>
internal static class KeyThumbprint
{
    /// <summary>Length of a key id in characters.</summary>
    public const int Length = 16;

    /// <summary>Computes the key id of a 32-byte Ed25519 public key.</summary>
    public static string Compute(byte[] publicKey)
    {
        // RFC 7638: the required members only, in lexicographic order, without white space.
        var jwk = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + StrictBase64Url.Encode(publicKey) + "\"}";
#if NET
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(jwk));
#else
        using var sha256 = SHA256.Create();
        var hash = sha256.ComputeHash(Encoding.ASCII.GetBytes(jwk));
#endif
        return StrictBase64Url.Encode(hash, Length * 3 / 4);
    }
}
