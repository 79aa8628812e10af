using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Keys;

/// <summary>
/// The form in which an Ed25519 private key is kept: PKCS#8 (RFC 5958, RFC 8410), encrypted by PBES2 (RFC 8018), in PEM. It is OpenSSL's own
/// form: <c>openssl pkey -in FILE</c> reads it. What is read back may be stronger than what is written, never weaker:
/// <code>
/// SEQUENCE                            EncryptedPrivateKeyInfo
///   SEQUENCE                          encryptionAlgorithm
///     OID 1.2.840.113549.1.5.13       PBES2
///     SEQUENCE
///       SEQUENCE
///         OID 1.2.840.113549.1.5.12   PBKDF2
///         SEQUENCE
///           OCTET STRING              salt, 16 bytes (read: 8 or more, OpenSSL before 3.2 writes 8)
///           INTEGER                   rounds, 600,000 (read: up to 10,000,000); 1 under the public development passphrase
///           SEQUENCE, OID             HMAC with SHA-256 (read: SHA-384 and SHA-512 too)
///       SEQUENCE
///         OID                         AES-256-CBC
///         OCTET STRING                initialisation vector, 16 bytes
///   OCTET STRING                      encrypted: PrivateKeyInfo
/// </code>
/// CBC does not authenticate: a damaged file looks like a wrong passphrase, or gives another key. So whoever reads a key compares its public key
/// with the certificate.
/// </summary>
internal static class EncryptedPrivateKeyPem
{
    /// <summary>PBKDF2 rounds: about 0.2 s of one core.</summary>
    public const int Rounds = 600_000;

    /// <summary>The same under the public development passphrase: no number of rounds protects what everybody can open, and each start would wait for them.</summary>
    public const int DevelopmentRounds = 1;

    private const string Label = "ENCRYPTED PRIVATE KEY";

    // A limit only so that a file cannot hold up the start for hours.
    private const int MostRounds = 10_000_000;
    private const int SaltSize = 16;
    private const int LeastSaltSize = 8;
    private const int MostSaltSize = 64;
    private const int EncryptionKeySize = 32;
    private const int BlockSize = 16;

    private const string Pbes2 = "1.2.840.113549.1.5.13";
    private const string Pbkdf2 = "1.2.840.113549.1.5.12";
    private const string HmacWithSha256 = "1.2.840.113549.2.9";
    private const string HmacWithSha384 = "1.2.840.113549.2.10";
    private const string HmacWithSha512 = "1.2.840.113549.2.11";
    private const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";
    private const string Ed25519 = "1.3.101.112";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>How many rounds a key that this passphrase gives is worth.</summary>
    public static int RoundsFor(string passphrase) => passphrase == KeyPassphrase.Development ? DevelopmentRounds : Rounds;

    /// <summary>Encrypts a seed; the text ends with a line end.</summary>
    public static string Write(ReadOnlySpan<byte> seed, string passphrase)
    {
        // 30 2E             SEQUENCE of 46 bytes: PrivateKeyInfo
        // 02 01 00          INTEGER 0: version
        // 30 05             SEQUENCE
        // 06 03 2B 65 70    OID 1.3.101.112: Ed25519
        // 04 22             OCTET STRING of 34 bytes: privateKey
        // 04 20             OCTET STRING of 32 bytes: the seed, which follows
        ReadOnlySpan<byte> prefix = [0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

        // Put together here and not by an AsnWriter, whose buffers cannot be zeroed.
        Span<byte> privateKeyInfo = stackalloc byte[prefix.Length + seed.Length];
        Span<byte> encryptionKey = stackalloc byte[EncryptionKeySize];
        try
        {
            prefix.CopyTo(privateKeyInfo);
            seed.CopyTo(privateKeyInfo[prefix.Length..]);

            var salt = RandomNumberGenerator.GetBytes(SaltSize);
            var vector = RandomNumberGenerator.GetBytes(BlockSize);
            var rounds = RoundsFor(passphrase);
            DeriveKey(passphrase, salt, rounds, HashAlgorithmName.SHA256, encryptionKey);
            using var aes = Aes.Create();
            aes.SetKey(encryptionKey);
            var encrypted = aes.EncryptCbc(privateKeyInfo, vector);
            return PemEncoding.WriteString(Label, Encode(salt, rounds, vector, encrypted)) + "\n";
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKeyInfo);
            CryptographicOperations.ZeroMemory(encryptionKey);
        }
    }

    /// <summary>
    /// Decrypts a seed into <paramref name="seed"/>. False when the passphrase does not open it (or the encrypted part is damaged);
    /// <see cref="KeyException"/> when the text is not an encrypted Ed25519 key of sufficient strength.
    /// </summary>
    public static bool TryRead(string pem, string passphrase, string fileName, Span<byte> seed)
    {
        var parameters = Decode(DecodePem(pem, fileName), fileName);
        if (parameters.Encrypted.Length == 0 || parameters.Encrypted.Length % BlockSize != 0)
        {
            throw NotAKey(fileName);
        }

        var opens = parameters.Rounds >= RoundsFor(passphrase) && TryDecrypt(parameters, passphrase, fileName, seed);

        // One round is for the public passphrase alone, which is tried on every key that does not open otherwise.
        Demand(opens || passphrase != KeyPassphrase.Development || parameters.Rounds >= Rounds, fileName);
        return opens;
    }

    private static bool TryDecrypt(Parameters parameters, string passphrase, string fileName, Span<byte> seed)
    {
        var privateKeyInfo = GC.AllocateArray<byte>(parameters.Encrypted.Length, pinned: true);
        Span<byte> encryptionKey = stackalloc byte[EncryptionKeySize];
        try
        {
            DeriveKey(passphrase, parameters.Salt, parameters.Rounds, parameters.Hash, encryptionKey);
            using var aes = Aes.Create();
            aes.SetKey(encryptionKey);
            int length;
            try
            {
                length = aes.DecryptCbc(parameters.Encrypted, parameters.Vector, privateKeyInfo);
            }
            catch (CryptographicException)
            {
                // The padding is wrong: 255 of 256 wrong passphrases end here, the others in what cannot be decoded.
                return false;
            }

            return TryReadPrivateKeyInfo(privateKeyInfo.AsMemory(0, length), fileName, seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKeyInfo);
            CryptographicOperations.ZeroMemory(encryptionKey);
        }
    }

    private static bool TryReadPrivateKeyInfo(ReadOnlyMemory<byte> privateKeyInfo, string fileName, Span<byte> seed)
    {
        string algorithm;
        ReadOnlyMemory<byte> privateKey;
        try
        {
            var info = new AsnReader(privateKeyInfo, AsnEncodingRules.DER).ReadSequence();
            if (!info.TryReadInt32(out var version) || version is not (0 or 1))
            {
                return false;
            }

            algorithm = info.ReadSequence().ReadObjectIdentifier();
            if (!info.TryReadPrimitiveOctetString(out privateKey))
            {
                return false;
            }
        }
        catch (AsnContentException)
        {
            return false;
        }

        if (algorithm != Ed25519)
        {
            throw new KeyException(
                $"{fileName} is a private key for another algorithm (object identifier {algorithm}). "
                + "Only Ed25519 keys sign licenses: make them with \"keys init\" or \"openssl genpkey -algorithm ed25519\".");
        }

        try
        {
            var reader = new AsnReader(privateKey, AsnEncodingRules.DER);
            if (reader.TryReadPrimitiveOctetString(out var value) && value.Length == seed.Length && !reader.HasData)
            {
                value.Span.CopyTo(seed);
                return true;
            }
        }
        catch (AsnContentException)
        {
            // Told below, like a seed of another length.
        }

        throw NotAKey(fileName);
    }

    private static byte[] DecodePem(string pem, string fileName)
    {
        if (!PemEncoding.TryFind(pem, out var fields))
        {
            throw NotAKey(fileName);
        }

        var label = pem[fields.Label];
        if (label == "PRIVATE KEY")
        {
            throw new KeyException(
                $"{fileName} is a private key without encryption. Treat it as exposed; to use it nevertheless, encrypt it: "
                + $"openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter {Rounds}");
        }

        if (label != Label)
        {
            throw NotAKey(fileName);
        }

        return Convert.FromBase64String(pem[fields.Base64Data]);
    }

    private static Parameters Decode(byte[] encoded, string fileName)
    {
        try
        {
            var outer = new AsnReader(encoded, AsnEncodingRules.DER);
            var info = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var algorithm = info.ReadSequence();
            var encrypted = info.ReadOctetString();
            Demand(algorithm.ReadObjectIdentifier() == Pbes2, fileName);

            var schemes = algorithm.ReadSequence();
            var derivation = schemes.ReadSequence();
            var encryption = schemes.ReadSequence();
            Demand(derivation.ReadObjectIdentifier() == Pbkdf2, fileName);
            Demand(encryption.ReadObjectIdentifier() == Aes256Cbc, fileName);
            var vector = encryption.ReadOctetString();

            var derivationParameters = derivation.ReadSequence();
            var salt = derivationParameters.ReadOctetString();
            Demand(derivationParameters.TryReadInt32(out var rounds) && rounds is DevelopmentRounds or (>= Rounds and <= MostRounds), fileName);
            if (derivationParameters.HasData && derivationParameters.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            {
                Demand(derivationParameters.TryReadInt32(out var keyLength) && keyLength == EncryptionKeySize, fileName);
            }

            // Left out, it means HMAC with SHA-1.
            Demand(derivationParameters.HasData, fileName);
            HashAlgorithmName? hash = derivationParameters.ReadSequence().ReadObjectIdentifier() switch
            {
                HmacWithSha256 => HashAlgorithmName.SHA256,
                HmacWithSha384 => HashAlgorithmName.SHA384,
                HmacWithSha512 => HashAlgorithmName.SHA512,
                _ => null,
            };
            Demand(hash is not null && salt.Length is >= LeastSaltSize and <= MostSaltSize, fileName);
            if (vector.Length != BlockSize)
            {
                throw NotAKey(fileName);
            }

            return new Parameters(salt, rounds, hash!.Value, vector, encrypted);
        }
        catch (AsnContentException)
        {
            throw NotAKey(fileName);
        }
    }

    private static byte[] Encode(byte[] salt, int rounds, byte[] vector, byte[] encrypted)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Pbes2);
                using (writer.PushSequence())
                {
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(Pbkdf2);
                        using (writer.PushSequence())
                        {
                            writer.WriteOctetString(salt);
                            writer.WriteInteger(rounds);
                            using (writer.PushSequence())
                            {
                                writer.WriteObjectIdentifier(HmacWithSha256);
                                writer.WriteNull();
                            }
                        }
                    }

                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(Aes256Cbc);
                        writer.WriteOctetString(vector);
                    }
                }
            }

            writer.WriteOctetString(encrypted);
        }

        return writer.Encode();
    }

    private static void DeriveKey(string passphrase, byte[] salt, int rounds, HashAlgorithmName hash, Span<byte> key)
    {
        var bytes = GC.AllocateArray<byte>(Utf8.GetMaxByteCount(passphrase.Length), pinned: true);
        try
        {
            var length = Utf8.GetBytes(passphrase, bytes);
            // The platform's own PBKDF2, several times faster than a managed one: this is most of the time that a start takes.
            Rfc2898DeriveBytes.Pbkdf2(bytes.AsSpan(0, length), salt, key, rounds, hash);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static void Demand(bool strongEnough, string fileName)
    {
        if (!strongEnough)
        {
            throw new KeyException(
                $"{fileName} is not encrypted the way this service accepts: PBES2 with AES-256-CBC and PBKDF2 with HMAC-SHA-256 and {Rounds} to {MostRounds} "
                + $"rounds. Encrypt it again: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter {Rounds}");
        }
    }

    private static KeyException NotAKey(string fileName) => new(
        $"{fileName} is not an encrypted Ed25519 private key in PEM form (\"-----BEGIN {Label}-----\"), or it is damaged. Restore it from the backup.");

    private sealed record Parameters(byte[] Salt, int Rounds, HashAlgorithmName Hash, byte[] Vector, byte[] Encrypted);
}
