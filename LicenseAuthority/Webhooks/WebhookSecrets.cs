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
internal sealed partial class WebhookSecrets(IWebhookStore store, IOptions<KeyOptions> options, ILogger<WebhookSecrets> logger) : IDisposable
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

    // Production has not started without one; in Development the keys open with the public one.
    private string Passphrase => string.IsNullOrEmpty(options.Value.Passphrase) ? KeyPassphrase.Development : options.Value.Passphrase;

    /// <summary>A new secret: 256 random bits.</summary>
    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretSize);

    /// <summary>As a receiver enters it.</summary>
    public static string ToText(byte[] secret) => Prefix + Convert.ToBase64String(secret);

    /// <summary>Encrypts a secret for a webhook.</summary>
    public async Task<byte[]> EncryptAsync(string webhookId, byte[] secret, CancellationToken cancellationToken) =>
        Encrypt(await GetKeyAsync(cancellationToken), webhookId, secret);

    /// <summary>Decrypts; null when it was encrypted under another passphrase, for another webhook, or is damaged.</summary>
    public async Task<byte[]?> TryDecryptAsync(string webhookId, byte[] box, CancellationToken cancellationToken) =>
        TryDecrypt(await GetKeyAsync(cancellationToken), webhookId, box);

    /// <summary>
    /// Encrypts anew, under the passphrase, what opens with <c>Keys:PreviousPassphrase</c> only: all in one transaction, and nothing where it is done already.
    /// </summary>
    public async Task BringOverAsync(CancellationToken cancellationToken = default)
    {
        var previous = options.Value.PreviousPassphrase;
        if (string.IsNullOrEmpty(previous) || previous == Passphrase)
        {
            return;
        }

        var (_, webhooks) = await store.ReadAsync(cancellationToken);
        if (webhooks.Count == 0)
        {
            return;
        }

        var key = await GetKeyAsync(cancellationToken);
        var closed = webhooks.Where(webhook => TryDecrypt(key, webhook.Id, webhook.EncryptedSecret) is null).ToList();
        if (closed.Count == 0)
        {
            LogNothingLeft();
            return;
        }

        var previousKey = await DeriveKeyAsync(previous, cancellationToken);
        var changes = new List<(string Id, byte[] Before, byte[] After)>();
        foreach (var webhook in closed)
        {
            if (TryDecrypt(previousKey, webhook.Id, webhook.EncryptedSecret) is { } secret)
            {
                changes.Add((webhook.Id, webhook.EncryptedSecret, Encrypt(key, webhook.Id, secret)));
            }
        }

        CryptographicOperations.ZeroMemory(previousKey);
        if (changes.Count > 0)
        {
            await store.ReplaceSecretsAsync(changes, cancellationToken);
            LogBroughtOver(changes.Count);
        }

        if (changes.Count < closed.Count)
        {
            LogLost(closed.Count - changes.Count);
        }
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _deriving.Dispose();
    }

    private static byte[] Encrypt(byte[] key, string webhookId, byte[] secret)
    {
        var box = new byte[HeaderSize + secret.Length];
        box[0] = Version;
        RandomNumberGenerator.Fill(box.AsSpan(1, NonceSize));
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(box.AsSpan(1, NonceSize), secret, box.AsSpan(HeaderSize), box.AsSpan(1 + NonceSize, TagSize), BoundTo(webhookId));
        return box;
    }

    private static byte[]? TryDecrypt(byte[] key, string webhookId, byte[] box)
    {
        if (box.Length <= HeaderSize || box[0] != Version)
        {
            return null;
        }

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
            return _key ??= await DeriveKeyAsync(Passphrase, cancellationToken);
        }
        finally
        {
            _deriving.Release();
        }
    }

    private async Task<byte[]> DeriveKeyAsync(string passphrase, CancellationToken cancellationToken)
    {
        var salt = await store.GetOrAddSaltAsync(RandomNumberGenerator.GetBytes(SaltSize), cancellationToken);
        var key = GC.AllocateArray<byte>(KeySize, pinned: true);
        Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, key, EncryptedPrivateKeyPem.RoundsFor(passphrase), HashAlgorithmName.SHA256);
        return key;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The secrets of {Count} webhooks were brought over from Keys:PreviousPassphrase to Keys:Passphrase. Take Keys:PreviousPassphrase out when all nodes have started with it")]
    private partial void LogBroughtOver(int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The secrets of all webhooks open with Keys:Passphrase: Keys:PreviousPassphrase is needed no more. Take it out")]
    private partial void LogNothingLeft();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The secrets of {Count} webhooks open neither with Keys:Passphrase nor with Keys:PreviousPassphrase: set the right one, or add these webhooks anew")]
    private partial void LogLost(int count);
}
