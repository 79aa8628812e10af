using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace LicenseAuthority.Client.Signatures;

/// <summary>
/// An Ed25519 public key (RFC 8032) that is safe to verify with. The only file of this project that calls BouncyCastle.
/// Immutable and thread-safe; keep it, decoding the point is a good part of the cost of a verification.
/// </summary>
internal sealed class Ed25519PublicKey
{
    /// <summary>Size of an encoded public key in bytes.</summary>
    public const int Size = 32;

    /// <summary>Size of a signature in bytes.</summary>
    public const int SignatureSize = 64;

    private readonly Ed25519PublicKeyParameters _key;

    private Ed25519PublicKey(Ed25519PublicKeyParameters key) => _key = key;

    /// <summary>
    /// Decodes a public key. False when it is not 32 bytes, not the canonical encoding of a point of the curve, or a point of
    /// small order: for such a key there are signatures that fit every message.
    /// </summary>
    public static bool TryCreate(ReadOnlySpan<byte> encoded, out Ed25519PublicKey? key)
    {
        key = null;
        if (encoded.Length != Size)
        {
            return false;
        }

        var bytes = encoded.ToArray();
        if (!Ed25519.ValidatePublicKeyFull(bytes, 0))
        {
            return false;
        }

        key = new Ed25519PublicKey(new Ed25519PublicKeyParameters(bytes, 0));
        return true;
    }

    /// <summary>
    /// True if <paramref name="signature"/> is this key's over <paramref name="message"/>. A signature of another length, or one whose
    /// scalar S is not below the group order L (a second spelling of a valid one), is false.
    /// </summary>
    public bool Verify(byte[] message, byte[] signature) => Verify(message, message.Length, signature);

    /// <summary>The same for the first <paramref name="length"/> bytes of <paramref name="message"/>.</summary>
    public bool Verify(byte[] message, int length, byte[] signature) =>
        signature.Length == SignatureSize
        && _key.Verify(Ed25519.Algorithm.Ed25519, null, message, 0, length, signature, 0);
}
