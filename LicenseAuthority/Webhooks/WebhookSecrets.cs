using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Keys;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Webhooks;

/// <summary>
/// Encrypts the secrets of webhooks: AES-256-GCM under a key that PBKDF2 (HMAC-SHA-256, as many rounds as for private keys) makes of the keys' passphrase
/// and a salt in the store. The webhook's id is authenticated with it, so a secret cannot be moved to another webhook. Thread-safe.
/// <code>
/// version(1) = 1 | nonce(12) | tag(16) | encrypted secret
/// </code>
/// The key is derived once, when it is first needed: it takes 0.2 s, and who has no webhooks need not wait for it at start.
/// </summary>
internal sealed class WebhookSecrets(IWebhookStore store, IOptions<KeyOptions> options) : IDisposable
{
    /// <summary>What every secret begins with where people see it.</summary>
    public const string Prefix = "whsec_";

    private const int SecretSize = 32;
    private const int KeySize = 32;
    private const int SaltSize = 16;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int HeaderSize = 1 + NonceSize + TagSize;
    private const byte Version = 1;
    private const string Purpose = "license-authority/webhook-secret/v1";

    private readonly SemaphoreSlim _deriving = new(1);
    private byte[]? _key;

    /// <summary>A new secret: 256 random bits.</summary>
    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretSize);

    /// <summary>As a receiver enters it.</summary>
    public static string ToText(byte[] secret) => Prefix + Convert.ToBase64String(secret);

    /// <summary>Encrypts a secret for a webhook.</summary>
    public async Task<byte[]> EncryptAsync(string webhookId, byte[] secret, CancellationToken cancellationToken)
    {
        var key = await GetKeyAsync(cancellationToken);
        var box = new byte[HeaderSize + secret.Length];
        box[0] = Version;
        RandomNumberGenerator.Fill(box.AsSpan(1, NonceSize));
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(box.AsSpan(1, NonceSize), secret, box.AsSpan(HeaderSize), box.AsSpan(1 + NonceSize, TagSize), BoundTo(webhookId));
        return box;
    }

    /// <summary>Decrypts; null when it was encrypted under another passphrase, for another webhook, or is damaged.</summary>
    public async Task<byte[]?> TryDecryptAsync(string webhookId, byte[] box, CancellationToken cancellationToken)
    {
        if (box.Length <= HeaderSize || box[0] != Version)
        {
            return null;
        }

        var key = await GetKeyAsync(cancellationToken);
        var secret = new byte[box.Length - HeaderSize];
        using var aes = new AesGcm(key, TagSize);
        try
        {
            aes.Decrypt(box.AsSpan(1, NonceSize), box.AsSpan(HeaderSize), box.AsSpan(1 + NonceSize, TagSize), secret, BoundTo(webhookId));
            return secret;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _deriving.Dispose();
    }

    private static byte[] BoundTo(string webhookId) => Encoding.UTF8.GetBytes($"{Purpose}\0{webhookId}");

    private async ValueTask<byte[]> GetKeyAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _key) is { } known)
        {
            return known;
        }

        await _deriving.WaitAsync(cancellationToken);
        try
        {
            return _key ??= await DeriveKeyAsync(cancellationToken);
        }
        finally
        {
            _deriving.Release();
        }
    }

    private async Task<byte[]> DeriveKeyAsync(CancellationToken cancellationToken)
    {
        // Production has not started without one; in Development the keys open with the public one.
        var passphrase = string.IsNullOrEmpty(options.Value.Passphrase) ? KeyPassphrase.Development : options.Value.Passphrase;
        var salt = await store.GetOrAddSaltAsync(RandomNumberGenerator.GetBytes(SaltSize), cancellationToken);
        var key = GC.AllocateArray<byte>(KeySize, pinned: true);
        Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, key, EncryptedPrivateKeyPem.RoundsFor(passphrase), HashAlgorithmName.SHA256);
        return key;
    }
}
