using System.Buffers.Text;
using System.Text.Json.Serialization;
using LicenseAuthority.Keys;

namespace LicenseAuthority.Licensee;

/// <summary>The public issuing keys as a JWK Set (RFC 7517, RFC 8037), for verifiers that use a JOSE library instead of our client.</summary>
internal sealed record JsonWebKeySet(IReadOnlyList<JsonWebKey> Keys)
{
    /// <summary>Every key whose codes still verify, also those that no longer sign.</summary>
    public static JsonWebKeySet From(LiveKeys keys) => new(
        [.. keys.Certificates.Select(certificate => new JsonWebKey(
            "OKP", "Ed25519", Base64Url.EncodeToString(certificate.PublicKeyBytes), certificate.KeyId, "sig", "EdDSA"))]);
}

internal sealed record JsonWebKey(
    [property: JsonPropertyName("kty")] string KeyType,
    [property: JsonPropertyName("crv")] string Curve,
    string X,
    [property: JsonPropertyName("kid")] string KeyId,
    string Use,
    [property: JsonPropertyName("alg")] string Algorithm);
