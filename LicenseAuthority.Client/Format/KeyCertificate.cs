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

    /// <summary>How many of the bytes, the first ones, the root's signature is over.</summary>
    public const int UnsignedSize = 58;

    /// <summary>The only version.</summary>
    public const byte Version = 1;

    private const int PublicKeyAt = 26;

    private readonly byte[] _bytes;
    private Ed25519PublicKey? _publicKey;

    private KeyCertificate(byte[] bytes, string text, KeyUsages usages, long notBefore, long notAfter)
    {
        _bytes = bytes;
        Text = text;
        Usages = usages;
        NotBefore = notBefore;
        NotAfter = notAfter;
        PublicKeyBytes = new byte[Ed25519PublicKey.Size];
        Array.Copy(bytes, PublicKeyAt, PublicKeyBytes, 0, PublicKeyBytes.Length);
        KeyId = KeyThumbprint.Compute(PublicKeyBytes);
    }

    /// <summary>What the key may sign.</summary>
    public KeyUsages Usages { get; }

    /// <summary>Number of the certificate; a later one is higher, over all roots.</summary>
    public uint Serial => (uint)ReadBigEndian(_bytes, 2, 4);

    /// <summary>Certificates with a lower serial are revoked, as of this certificate.</summary>
    public uint MinimumSerial => (uint)ReadBigEndian(_bytes, 6, 4);

    /// <summary>First second (Unix) in which the key may sign.</summary>
    public long NotBefore { get; }

    /// <summary>First second (Unix) in which the key may no longer sign.</summary>
    public long NotAfter { get; }

    /// <summary>The certified key, decoded when it is first asked for. Only where <see cref="HasUsableKey"/>.</summary>
    public Ed25519PublicKey PublicKey => HasUsableKey() ? _publicKey! : throw new InvalidOperationException("The certified key cannot be used.");

    /// <summary>The certified key as 32 bytes; not to be changed.</summary>
    public byte[] PublicKeyBytes { get; }

    /// <summary>The certified key's id, see <see cref="KeyThumbprint"/>.</summary>
    public string KeyId { get; }

    /// <summary>All 122 bytes as codes and files carry them, base64url.</summary>
    public string Text { get; }

    /// <summary>All 122 bytes; not to be changed.</summary>
    public byte[] Bytes => _bytes;

    /// <summary>
    /// Reads a certificate. False for another size, version or usage, a window that is empty or ends after the year 9999.
    /// Looks neither at the signature nor at the key: that is decoded only for a certificate that a root signed.
    /// </summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="certificate">The certificate, or null.</param>
    /// <param name="text">The same as base64url, where it is at hand; it is not looked at.</param>
    public static bool TryParse(byte[] bytes, out KeyCertificate? certificate, string? text = null)
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

        var notBefore = ReadBigEndian(bytes, 10, 8);
        var notAfter = ReadBigEndian(bytes, 18, 8);
        if (notBefore >= notAfter || notAfter > LatestSecond + 1UL)
        {
            return false;
        }

        certificate = new KeyCertificate((byte[])bytes.Clone(), text ?? StrictBase64Url.Encode(bytes), usages, (long)notBefore, (long)notAfter);
        return true;
    }

    /// <summary>Reads a certificate as codes and files carry it, base64url of its bytes; otherwise as the other one.</summary>
    public static bool TryParse(string text, out KeyCertificate? certificate)
    {
        certificate = null;
        return StrictBase64Url.TryDecode(text, out var bytes) && TryParse(bytes, out certificate, text);
    }

    /// <summary>What a root key signs for a certificate: label, zero byte, and the certificate's first 58 bytes, of which more may be given.</summary>
    public static byte[] ToSignedBytes(byte[] certificate)
    {
        var label = Encoding.ASCII.GetBytes(Label);
        var signed = new byte[label.Length + 1 + UnsignedSize];
        label.CopyTo(signed, 0);
        Array.Copy(certificate, 0, signed, label.Length + 1, UnsignedSize);
        return signed;
    }

    /// <summary>True if <paramref name="rootKey"/> signed this certificate.</summary>
    public bool IsSignedBy(Ed25519PublicKey rootKey)
    {
        var signature = new byte[Ed25519PublicKey.SignatureSize];
        Array.Copy(_bytes, UnsignedSize, signature, 0, signature.Length);
        return rootKey.Verify(ToSignedBytes(_bytes), signature);
    }

    /// <summary>
    /// True if the certified key is safe to verify with, see <see cref="Ed25519PublicKey.TryCreateCertified"/>; decodes it. Of a certificate that a root signed.
    /// </summary>
    public bool HasUsableKey()
    {
        if (_publicKey is null && Ed25519PublicKey.TryCreateCertified(PublicKeyBytes, out var key))
        {
            // By two threads at once it is decoded twice, to the same.
            _publicKey = key;
        }

        return _publicKey is not null;
    }

    /// <summary>True if the key may sign something with this time of issue (Unix seconds).</summary>
    public bool Covers(long issuedAt) => issuedAt >= NotBefore && issuedAt < NotAfter;

    private static ulong ReadBigEndian(byte[] bytes, int start, int size)
    {
        var value = 0UL;
        for (var i = start; i < start + size; i++)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }
}
