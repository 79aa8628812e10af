using System.Buffers.Binary;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Signatures;

namespace LicenseAuthority.Keys;

/// <summary>
/// Makes certificates for issuing keys. The rules: a serial is higher than every one before it, over all roots; the same key is never certified twice;
/// the minimum serial never goes back.
/// </summary>
internal static class KeyCertifier
{
    /// <summary>How long a certificate lives unless told otherwise.</summary>
    public const int DefaultYears = 5;

    /// <summary>
    /// The window begins this long before now, so that a node whose clock is behind can use a new key at once, and so that a key made while the clock was
    /// ahead, as by a wrong time zone, serves when it is right again. It dates no code back: <c>iat</c> is the node's own time, and a node uses a certificate
    /// only when its window covers that time.
    /// </summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromDays(1);

    /// <summary>
    /// Certifies <paramref name="publicKey"/> by <paramref name="root"/>. <paramref name="existing"/> is every certificate known so far, by whichever root;
    /// <paramref name="minimumSerial"/> revokes all certificates below it, null leaves that as it is. <paramref name="notBefore"/> is when the window begins,
    /// null is <see cref="ClockSkew"/> before now. <paramref name="serial"/> is its number, null is the next one.
    /// </summary>
    public static KeyCertificate Certify(
        Ed25519PrivateKey root,
        byte[] publicKey,
        IReadOnlyCollection<KeyCertificate> existing,
        DateTimeOffset now,
        int years = DefaultYears,
        uint? minimumSerial = null,
        DateTimeOffset? notBefore = null,
        uint? serial = null)
    {
        var keyId = KeyThumbprint.Compute(publicKey);
        if (publicKey.SequenceEqual(root.PublicKey))
        {
            throw new KeyException($"Key {keyId} is the root key itself. A root key signs certificates and nothing else: make an issuing key of its own.");
        }

        // Here in full, prime order too: who verifies relies on it.
        if (!Ed25519PublicKey.TryCreate(publicKey, out _))
        {
            throw new KeyException($"Key {keyId} is not safe to verify with. Make another one.");
        }

        foreach (var certificate in existing)
        {
            if (publicKey.SequenceEqual(certificate.PublicKeyBytes))
            {
                throw new KeyException($"Key {keyId} already has certificate {certificate.Serial}. The same key is never certified twice: make a new one.");
            }
        }

        var number = serial ?? NextSerial(existing.Select(certificate => certificate.Serial), now);
        var minimum = existing.Select(certificate => certificate.MinimumSerial).Append(minimumSerial ?? 0).Max();
        if (minimum > number)
        {
            throw new KeyException($"The minimum serial {minimum} would revoke the new certificate {number} itself.");
        }

        var begins = (notBefore ?? (now - ClockSkew)).ToUnixTimeSeconds();
        var used = notBefore ?? now;
        var ends = used.Year + years > DateTimeOffset.MaxValue.Year ? KeyCertificate.LatestSecond + 1 : used.AddYears(years).ToUnixTimeSeconds();
        var bytes = Write(KeyUsages.LicenseCodes | KeyUsages.StatusLists, number, minimum, begins, ends, publicKey, message => root.Sign(message));
        return KeyCertificate.TryParse(bytes, out var made)
            ? made!
            : throw new KeyException($"No valid certificate can be made for key {keyId} from {begins} to {ends}: check the clock of this machine.");
    }

    /// <summary>
    /// Puts the 122 bytes of a certificate together, in the layout that <see cref="KeyCertificate"/> reads and draws. Checks nothing: the result may be
    /// one that no verifier takes. <paramref name="sign"/> makes the root's signature.
    /// </summary>
    internal static byte[] Write(
        KeyUsages usages, uint serial, uint minimumSerial, long notBefore, long notAfter, ReadOnlySpan<byte> publicKey, Func<byte[], byte[]> sign)
    {
        var unsigned = new byte[KeyCertificate.UnsignedSize];
        unsigned[0] = KeyCertificate.Version;
        unsigned[1] = (byte)usages;
        BinaryPrimitives.WriteUInt32BigEndian(unsigned.AsSpan(2), serial);
        BinaryPrimitives.WriteUInt32BigEndian(unsigned.AsSpan(6), minimumSerial);
        BinaryPrimitives.WriteUInt64BigEndian(unsigned.AsSpan(10), (ulong)notBefore);
        BinaryPrimitives.WriteUInt64BigEndian(unsigned.AsSpan(18), (ulong)notAfter);
        publicKey.CopyTo(unsigned.AsSpan(26));
        return [.. unsigned, .. sign(KeyCertificate.ToSignedBytes(unsigned))];
    }

    /// <summary>
    /// One more than the highest so far, or the Unix time where that is higher: also an authority that lost its certificates goes on above them.
    /// </summary>
    public static uint NextSerial(IEnumerable<uint> existing, DateTimeOffset now)
    {
        var next = Math.Max(existing.Select(static serial => (long)serial).DefaultIfEmpty(-1).Max() + 1, now.ToUnixTimeSeconds());
        return next is > 0 and <= uint.MaxValue
            ? (uint)next
            : throw new KeyException($"No certificate serial is left after {next - 1}, or the clock of this machine is wrong.");
    }
}
