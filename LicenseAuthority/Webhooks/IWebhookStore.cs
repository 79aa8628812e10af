namespace LicenseAuthority.Webhooks;

/// <summary>Where webhooks are kept. Thread-safe. Every method throws <see cref="StoreBusyException"/> when the store cannot answer in time.</summary>
internal interface IWebhookStore
{
    /// <summary>A number that rises with every change of any webhook.</summary>
    ValueTask<long> ReadVersionAsync(CancellationToken cancellationToken);

    /// <summary>All webhooks, the oldest first, deleted ones too, and the version that they are of.</summary>
    ValueTask<(long Version, IReadOnlyList<Webhook> Webhooks)> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Adds one; false when there are <paramref name="most"/> already.</summary>
    Task<bool> TryAddAsync(Webhook webhook, int most, CancellationToken cancellationToken);

    /// <summary>Marks one as deleted; false when there is none, here and below.</summary>
    Task<bool> DeleteAsync(string id, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Sends nothing there from now on.</summary>
    Task<bool> DisableAsync(string id, string reason, DateTimeOffset now, CancellationToken cancellationToken);

    Task<bool> EnableAsync(string id, CancellationToken cancellationToken);

    /// <summary>Removes one that was marked as deleted.</summary>
    Task<bool> ForgetDeletedAsync(string id, CancellationToken cancellationToken);

    /// <summary>Puts other encrypted secrets in the place of those that are still as they were read, all at once.</summary>
    Task ReplaceSecretsAsync(IReadOnlyList<(string Id, byte[] Before, byte[] After)> secrets, CancellationToken cancellationToken);

    /// <summary>The salt of the key that secrets are encrypted under: the one that is there, else this one.</summary>
    Task<byte[]> GetOrAddSaltAsync(byte[] salt, CancellationToken cancellationToken);
}
