using System.Formats.Asn1;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Text;

namespace LicenseAuthority.Keys;

/// <summary>
/// The form in which an Ed25519 private key is kept: PKCS#8 (RFC 5958, RFC 8410), encrypted by PBES2 (RFC 8018), in PEM. It is OpenSSL's own
/// form: <c>openssl pkey -in FILE</c> reads it. Written with AES-256-CBC and PBKDF2 of <see cref="Rounds"/> rounds of HMAC with SHA-256 (one under
/// the public development passphrase). What is read back may be stronger, never weaker: up to 10,000,000 rounds, SHA-384 and SHA-512 too, a salt of 8 bytes
/// (OpenSSL before 3.2) to 64.
/// Not read: the newer form of the inner structure, with the public key in it (RFC 5958, version 2), which neither this nor OpenSSL writes.
/// CBC does not authenticate: a damaged file looks like a wrong passphrase, or gives another key. So whoever reads a key compares its public key
/// with the certificate.
/// </summary>
/// <remarks>
/// The framework would decrypt as well (<see cref="Pkcs8PrivateKeyInfo"/>), but derives the key round by round, which takes two to three times as long, at each start.
/// </remarks>
internal static class EncryptedPrivateKeyPem
{
    /// <summary>PBKDF2 rounds: about 0.2 s of one core.</summary>
    public const int Rounds = 600_000;

    // The public passphrase of development keys protects nothing, however often it is hashed.
    private const int DevelopmentRounds = 1;

    private const string Label = "ENCRYPTED PRIVATE KEY";

    // A limit only so that a file cannot hold up the start for hours.
    private const int MostRounds = 10_000_000;
    private const int LeastSaltSize = 8;
    private const int MostSaltSize = 64;
    private const int EncryptionKeySize = 32;
    private const int BlockSize = 16;

    private const string Pbes2 = "1.2.840.113549.1.5.13";
    private const string Pbkdf2 = "1.2.840.113549.1.5.12";
    private const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";

    private static readonly Dictionary<string, HashAlgorithmName> StrongFunctions = new()
    {
        ["1.2.840.113549.2.9"] = HashAlgorithmName.SHA256,
        ["1.2.840.113549.2.10"] = HashAlgorithmName.SHA384,
        ["1.2.840.113549.2.11"] = HashAlgorithmName.SHA512,
    };

    private static readonly Oid Ed25519 = new("1.3.101.112");

    // As OpenSSL takes a passphrase on a console of today.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // In front of the seed: an OCTET STRING of 32 bytes (RFC 8410, CurvePrivateKey).
    private static ReadOnlySpan<byte> SeedPrefix => [0x04, Ed25519PrivateKey.SeedSize];

    /// <summary>How many rounds a key that this passphrase gives is worth.</summary>
    public static int RoundsFor(string passphrase) => passphrase == KeyPassphrase.Development ? DevelopmentRounds : Rounds;

    /// <summary>Encrypts a seed; the text ends with a line end.</summary>
    public static string Write(ReadOnlySpan<byte> seed, string passphrase)
    {
        var privateKey = GC.AllocateArray<byte>(SeedPrefix.Length + seed.Length, pinned: true);
        var passphraseBytes = GC.AllocateArray<byte>(Utf8.GetByteCount(passphrase), pinned: true);
        try
        {
            Utf8.GetBytes(passphrase, passphraseBytes);
            SeedPrefix.CopyTo(privateKey);
            seed.CopyTo(privateKey.AsSpan(SeedPrefix.Length));
            var info = new Pkcs8PrivateKeyInfo(Ed25519, algorithmParameters: null, privateKey, skipCopies: true);
            var encrypted = info.Encrypt(passphraseBytes, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, RoundsFor(passphrase)));
            return PemEncoding.WriteString(Label, encrypted) + "\n";
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
            CryptographicOperations.ZeroMemory(passphraseBytes);
        }
    }

    /// <summary>
    /// Decrypts a seed into <paramref name="seed"/>. False when the passphrase does not open it (or the encrypted part is damaged);
    /// <see cref="KeyException"/> when the text is not an encrypted Ed25519 key of sufficient strength.
    /// </summary>
    public static bool TryRead(string pem, string passphrase, string fileName, Span<byte> seed)
    {
        var (encryption, encrypted) = Decode(DecodePem(pem, fileName), fileName);
        if ((encryption.Rounds < RoundsFor(passphrase) ? null : TryDecrypt(encryption, encrypted, passphrase)) is not { } info)
        {
            // One round is for the public passphrase alone, which is tried on every key that does not open otherwise.
            Demand(encryption.Rounds >= Rounds || passphrase != KeyPassphrase.Development, fileName);
            return false;
        }

        var privateKey = MemoryMarshal.AsMemory(info.PrivateKeyBytes).Span;
        try
        {
            if (info.AlgorithmId.Value != Ed25519.Value)
            {
                throw new KeyException(
                    $"{fileName} is a private key for another algorithm (object identifier {info.AlgorithmId.Value}). "
                    + "Only Ed25519 keys sign licenses: make them with \"keys init\" or \"openssl genpkey -algorithm ed25519\".");
            }

            if (privateKey.Length != SeedPrefix.Length + seed.Length || !privateKey.StartsWith(SeedPrefix))
            {
                throw NotAKey(fileName);
            }

            privateKey[SeedPrefix.Length..].CopyTo(seed);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
    }

    private static Pkcs8PrivateKeyInfo? TryDecrypt(Encryption encryption, byte[] encrypted, string passphrase)
    {
        var info = GC.AllocateArray<byte>(encrypted.Length, pinned: true);
        try
        {
            using var aes = CreateAes(passphrase, encryption);
            var length = aes.DecryptCbc(encrypted, encryption.Vector, info);
            return Pkcs8PrivateKeyInfo.Decode(info.AsMemory(0, length), out _);
        }
        catch (CryptographicException)
        {
            // The padding is wrong, as with 255 of 256 wrong passphrases, or what came out is no private key.
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(info);
        }
    }

    private static Aes CreateAes(string passphrase, Encryption encryption)
    {
        var key = GC.AllocateArray<byte>(EncryptionKeySize, pinned: true);
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(passphrase, encryption.Salt, key, encryption.Rounds, encryption.Function);
            var aes = Aes.Create();
            aes.Key = key;
            return aes;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
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

    // Checks the strength as well: a file of one round would be opened, and one of many would take a day.
    private static (Encryption Encryption, byte[] Encrypted) Decode(byte[] encoded, string fileName)
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

            var parameters = derivation.ReadSequence();
            var salt = parameters.ReadOctetString();
            Demand(salt.Length is >= LeastSaltSize and <= MostSaltSize, fileName);
            Demand(parameters.TryReadInt32(out var rounds) && rounds is DevelopmentRounds or (>= Rounds and <= MostRounds), fileName);
            if (parameters.HasData && parameters.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            {
                Demand(parameters.TryReadInt32(out var keyLength) && keyLength == EncryptionKeySize, fileName);
            }

            // Left out, it means HMAC with SHA-1.
            var function = default(HashAlgorithmName);
            Demand(parameters.HasData && StrongFunctions.TryGetValue(parameters.ReadSequence().ReadObjectIdentifier(), out function), fileName);
            if (vector.Length != BlockSize || encrypted.Length == 0 || encrypted.Length % BlockSize != 0)
            {
                throw NotAKey(fileName);
            }

            return (new Encryption(salt, rounds, function, vector), encrypted);
        }
        catch (AsnContentException)
        {
            throw NotAKey(fileName);
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

    // How a file is encrypted; nothing in it is secret.
    private sealed record Encryption(byte[] Salt, int Rounds, HashAlgorithmName Function, byte[] Vector);
}
