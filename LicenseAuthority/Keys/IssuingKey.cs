using System.Buffers.Text;
using System.Security.Cryptography;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Signatures;

namespace LicenseAuthority.Keys;

/// <summary>
/// A key that signs license codes and status lists, together with the certificate that says so. Thread-safe. What it signs must carry an <c>iat</c>
/// from <see cref="NotBefore"/> on and before <see cref="NotAfter"/>: that is not checked here, as the key sees only bytes.
/// </summary>
internal sealed class IssuingKey : IDisposable
{
    // A signing input of a code or list has no zero byte: the signature over a test message can never pass for one of theirs.
    private static readonly byte[] SelfTestPrefix = [.. "license-authority/key-self-test/v1"u8, 0];

    private readonly Ed25519PrivateKey _privateKey;

    private IssuingKey(Ed25519PrivateKey privateKey, KeyCertificate certificate)
    {
        _privateKey = privateKey;
        Certificate = certificate;
        CertificateText = Base64Url.EncodeToString(certificate.Bytes);
    }

    public KeyCertificate Certificate { get; }

    /// <summary>The <c>cert</c> header: base64url of the certificate's bytes.</summary>
    public string CertificateText { get; }

    /// <summary>The <c>kid</c> header.</summary>
    public string KeyId => Certificate.KeyId;

    public uint Serial => Certificate.Serial;

    /// <summary>First second (Unix) that an <c>iat</c> may name.</summary>
    public long NotBefore => Certificate.NotBefore;

    /// <summary>First second (Unix) that an <c>iat</c> may no longer name.</summary>
    public long NotAfter => Certificate.NotAfter;

    /// <summary>
    /// Joins a private key with its certificate, and owns the key from then on. <see cref="KeyException"/> when they do not belong together, or the key
    /// cannot sign what verifies; then the key is still the caller's.
    /// </summary>
    public static IssuingKey Create(Ed25519PrivateKey privateKey, KeyCertificate certificate)
    {
        if (!privateKey.PublicKey.SequenceEqual(certificate.PublicKeyBytes))
        {
            throw new KeyException(
                $"The private key {KeyThumbprint.Compute(privateKey.PublicKey)} does not belong to certificate {certificate.Serial}, which is for key "
                + $"{certificate.KeyId}. Restore the private key file and the certificate file of this serial from the same backup.");
        }

        return Ed25519PublicKey.TryCreate(certificate.PublicKeyBytes, out var publicKey) && PassesSelfTest(privateKey, publicKey!)
            ? new IssuingKey(privateKey, certificate)
            : throw new KeyException(
                $"The self-test of key {certificate.KeyId} failed: what it signs does not verify. Do not use this machine or this build to sign licenses.");
    }

    /// <summary>Signs a message; 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message) => _privateKey.Sign(message);

    /// <summary>Zeroes the private key; it signs no more.</summary>
    public void Dispose() => _privateKey.Dispose();

    /// <summary>True if the public key verifies what the private key signs.</summary>
    internal static bool PassesSelfTest(Ed25519PrivateKey privateKey, Ed25519PublicKey publicKey)
    {
        byte[] message = [.. SelfTestPrefix, .. RandomNumberGenerator.GetBytes(32)];
        return publicKey.Verify(message, privateKey.Sign(message));
    }
}
