using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace LicenseAuthority.Keys;

/// <summary>
/// An Ed25519 private key (RFC 8032). The only file of the service that calls BouncyCastle. Thread-safe; keep one object per key.
/// The seed lies in one pinned place, which the garbage collector never copies, and is zeroed on <see cref="Dispose"/>. It leaves this object
/// only by <see cref="ToEncryptedPem"/>. Not guaranteed: that no trace of it stays in the working memory of the libraries called.
/// </summary>
internal sealed class Ed25519PrivateKey : IDisposable
{
    public const int SeedSize = 32;
    public const int PublicKeySize = 32;
    public const int SignatureSize = 64;

    private readonly byte[] _seed = GC.AllocateArray<byte>(SeedSize, pinned: true);
    private readonly byte[] _publicKey = new byte[PublicKeySize];

    // The owner, and everyone who is using the seed right now; the last one out zeroes it. A seed zeroed under a running signature
    // would make one that belongs to no key.
    private int _holders = 1;
    private int _disposed;

    private Ed25519PrivateKey()
    {
    }

    /// <summary>The public key, 32 bytes; not to be changed.</summary>
    public byte[] PublicKey => _publicKey;

    /// <summary>Makes a new key from the operating system's random numbers.</summary>
    public static Ed25519PrivateKey Generate()
    {
        var key = new Ed25519PrivateKey();
        RandomNumberGenerator.Fill(key._seed);
        Ed25519.GeneratePublicKey(key._seed, key._publicKey);
        return key;
    }

    /// <summary>
    /// Opens an encrypted PEM. Null when the passphrase does not open it; <see cref="KeyException"/> when the text is not such a key: its message names
    /// <paramref name="fileName"/> as where the text came from.
    /// </summary>
    public static Ed25519PrivateKey? FromEncryptedPem(string pem, string passphrase, string fileName)
    {
        var key = new Ed25519PrivateKey();
        if (!EncryptedPrivateKeyPem.TryRead(pem, passphrase, fileName, key._seed))
        {
            return null;
        }

        Ed25519.GeneratePublicKey(key._seed, key._publicKey);
        return key;
    }

    /// <summary>Signs; the result has <see cref="SignatureSize"/> bytes and depends on nothing but key and message.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        Hold();
        try
        {
            var signature = new byte[SignatureSize];
            // As a span: an array in this place would be the context of Ed25519ctx, another algorithm.
            Ed25519.Sign(_seed, PublicKey.AsSpan(), message, signature);
            return signature;
        }
        finally
        {
            LetGo();
        }
    }

    /// <summary>The key as PKCS#8, encrypted: the only way in which it is ever written anywhere.</summary>
    public string ToEncryptedPem(string passphrase)
    {
        Hold();
        try
        {
            return EncryptedPrivateKeyPem.Write(_seed, passphrase);
        }
        finally
        {
            LetGo();
        }
    }

    /// <summary>Refuses further use and zeroes the seed, at once or when the last use under way is over.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            LetGo();
        }
    }

    private void Hold()
    {
        Interlocked.Increment(ref _holders);
        // Looked at after the increment: seen as not disposed, the owner's own share cannot have been the last one.
        if (Volatile.Read(ref _disposed) != 0)
        {
            LetGo();
            throw new ObjectDisposedException(nameof(Ed25519PrivateKey));
        }
    }

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            CryptographicOperations.ZeroMemory(_seed);
        }
    }
}
