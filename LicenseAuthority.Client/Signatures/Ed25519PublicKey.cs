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

    // The y of the points whose order divides 8, without the sign of x: 1, −1, 0, and two of order 8.
    private static readonly byte[][] SmallOrder =
    [
        [1, .. new byte[31]],
        [0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
            0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        new byte[32],
        [0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05],
        [0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A],
    ];

    private readonly Ed25519PublicKeyParameters _key;

    private Ed25519PublicKey(Ed25519PublicKeyParameters key) => _key = key;

    /// <summary>
    /// Decodes a public key. False when it is not 32 bytes, not the canonical encoding of a point of the curve, or a point of
    /// small order: for such a key there are signatures that fit every message.
    /// </summary>
    public static bool TryCreate(byte[] encoded, out Ed25519PublicKey? key)
    {
        key = null;
        if (encoded.Length != Size)
        {
            return false;
        }

        if (!Ed25519.ValidatePublicKeyFull(encoded, 0))
        {
            return false;
        }

        key = new Ed25519PublicKey(new Ed25519PublicKeyParameters(encoded, 0));
        return true;
    }

    /// <summary>
    /// Decodes a public key that a root key vouches for: false when it is not 32 bytes, not the canonical encoding of a point of the curve, or a point of small order.
    /// That it is in the subgroup of prime order, which costs as much as a signature, was looked at when it was certified.
    /// </summary>
    public static bool TryCreateCertified(byte[] encoded, out Ed25519PublicKey? key)
    {
        key = null;
        if (encoded.Length != Size || IsOfSmallOrder(encoded) || Ed25519.ValidatePublicKeyPartialExport(encoded, 0) is not { } point)
        {
            return false;
        }

        key = new Ed25519PublicKey(new Ed25519PublicKeyParameters(point));
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

    private static bool IsOfSmallOrder(byte[] encoded)
    {
        foreach (var point in SmallOrder)
        {
            var i = 0;
            while (i < Size - 1 && encoded[i] == point[i])
            {
                i++;
            }

            if (i == Size - 1 && (encoded[i] & 0x7F) == point[i])
            {
                return true;
            }
        }

        return false;
    }
}
