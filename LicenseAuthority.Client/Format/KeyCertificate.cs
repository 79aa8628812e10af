using System.Buffers.Binary;
using System.Text;
using LicenseAuthority.Client.Signatures;

namespace LicenseAuthority.Client.Format;

/// <summary>
/// What a root key says about an issuing key. Exactly 122 bytes, unsigned, big-endian (docs/license-code-format.md):
/// <code>
///  0       1     2        6            10           18          26           58               122
///  version usage serial   min-serial   not-before   not-after   public key   root signature
///  (1) = 1 (1)   (4)      (4)          (8)          (8)         (32)         (64)
/// </code>
/// The root signs the label <see cref="Label"/>, a zero byte, and the first 58 bytes. Immutable and thread-safe.
/// A parsed certificate is only well-formed: it means nothing before <see cref="IsSignedBy"/> said so.
/// </summary>
internal sealed class KeyCertificate
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 122;

    /// <summary>The domain separation label in front of the signed bytes.</summary>
    public const string Label = "license-authority/key-certificate/v1";

    /// <summary>The latest second that fits a date here: 9999-12-31T23:59:59Z.</summary>
    public const long LatestSecond = 253402300799;

    private const byte Version = 1;
    private const int UnsignedSize = 58;

    private readonly byte[] _bytes;

    private KeyCertificate(byte[] bytes, KeyUsages usages, long notBefore, long notAfter, Ed25519PublicKey publicKey)
    {
        _bytes = bytes;
        Usages = usages;
        NotBefore = notBefore;
        NotAfter = notAfter;
        PublicKey = publicKey;
        KeyId = KeyThumbprint.Compute(PublicKeyBytes);
    }

    /// <summary>What the key may sign.</summary>
    public KeyUsages Usages { get; }

    /// <summary>Number of the certificate; a later one is higher, over all roots.</summary>
    public uint Serial => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(2));

    /// <summary>Certificates with a lower serial are revoked, as of this certificate.</summary>
    public uint MinimumSerial => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(6));

    /// <summary>First second (Unix) in which the key may sign.</summary>
    public long NotBefore { get; }

    /// <summary>First second (Unix) in which the key may no longer sign.</summary>
    public long NotAfter { get; }

    /// <summary>The certified key.</summary>
    public Ed25519PublicKey PublicKey { get; }

    /// <summary>The certified key as 32 bytes.</summary>
    public ReadOnlySpan<byte> PublicKeyBytes => _bytes.AsSpan(26, Ed25519PublicKey.Size);

    /// <summary>The certified key's id, see <see cref="KeyThumbprint"/>.</summary>
    public string KeyId { get; }

    /// <summary>All 122 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// Reads a certificate. False for another size, version or usage, a window that is empty or ends after the year 9999, and a
    /// public key that is not safe to verify with. Does not check the signature.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out KeyCertificate? certificate)
    {
        certificate = null;
        if (bytes.Length != Size || bytes[0] != Version)
        {
            return false;
        }

        var usages = (KeyUsages)bytes[1];
        if (usages == KeyUsages.None || (usages & ~(KeyUsages.LicenseCodes | KeyUsages.StatusLists)) != KeyUsages.None)
        {
            return false;
        }

        var notBefore = BinaryPrimitives.ReadUInt64BigEndian(bytes.Slice(10));
        var notAfter = BinaryPrimitives.ReadUInt64BigEndian(bytes.Slice(18));
        if (notBefore >= notAfter || notAfter > LatestSecond + 1UL)
        {
            return false;
        }

        if (!Ed25519PublicKey.TryCreate(bytes.Slice(26, Ed25519PublicKey.Size), out var publicKey))
        {
            return false;
        }

        certificate = new KeyCertificate(bytes.ToArray(), usages, (long)notBefore, (long)notAfter, publicKey!);
        return true;
    }

    /// <summary>
    /// The bytes that a root key signs for a certificate with these fields (label, zero byte, 58 bytes); the certificate is what follows
    /// the label and the zero byte, and then the signature.
    /// </summary>
    public static byte[] CreateSignedBytes(
        KeyUsages usages, uint serial, uint minimumSerial, long notBefore, long notAfter, ReadOnlySpan<byte> publicKey)
    {
        var unsigned = new byte[UnsignedSize];
        unsigned[0] = Version;
        unsigned[1] = (byte)usages;
        BinaryPrimitives.WriteUInt32BigEndian(unsigned.AsSpan(2), serial);
        BinaryPrimitives.WriteUInt32BigEndian(unsigned.AsSpan(6), minimumSerial);
        BinaryPrimitives.WriteUInt64BigEndian(unsigned.AsSpan(10), (ulong)notBefore);
        BinaryPrimitives.WriteUInt64BigEndian(unsigned.AsSpan(18), (ulong)notAfter);
        publicKey.CopyTo(unsigned.AsSpan(26));
        return SignedBytes(unsigned);
    }

    /// <summary>Joins what <see cref="CreateSignedBytes"/> gave and the root's signature over it to the 122 bytes of a certificate.</summary>
    public static byte[] Join(byte[] signedBytes, byte[] rootSignature) =>
        [.. signedBytes.AsSpan(signedBytes.Length - UnsignedSize).ToArray(), .. rootSignature];

    /// <summary>True if <paramref name="rootKey"/> signed this certificate.</summary>
    public bool IsSignedBy(Ed25519PublicKey rootKey) =>
        rootKey.Verify(SignedBytes(_bytes.AsSpan(0, UnsignedSize)), _bytes.AsSpan(UnsignedSize).ToArray());

    /// <summary>True if the key may sign something with this time of issue (Unix seconds).</summary>
    public bool Covers(long issuedAt) => issuedAt >= NotBefore && issuedAt < NotAfter;

    private static byte[] SignedBytes(ReadOnlySpan<byte> unsigned)
    {
        var label = Encoding.ASCII.GetBytes(Label);
        var signed = new byte[label.Length + 1 + UnsignedSize];
        label.CopyTo(signed, 0);
        unsigned.CopyTo(signed.AsSpan(label.Length + 1));
        return signed;
    }
}
