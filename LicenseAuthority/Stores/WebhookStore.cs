using Dapper;
using LicenseAuthority.Storage;
using LicenseAuthority.Webhooks;

namespace LicenseAuthority.Stores;

/// <summary>Webhooks in the database. Thread-safe.</summary>
internal sealed class WebhookStore(IDatabase database) : IWebhookStore
{
    // Two that are added at once are counted one after the other; and it makes every node read them anew.
    private const string UpdateVersion = "UPDATE webhook_state SET version = version + 1 WHERE id = 1";

    private const string SelectVersion = "SELECT version FROM webhook_state WHERE id = 1";

    private const string SelectAll =
        "SELECT id, url, events, secret AS encrypted_secret, created_at, created_by, disabled_at, disabled_reason, deleted_at FROM webhooks ORDER BY id";

    private const string SelectCount = "SELECT COUNT(*) FROM webhooks WHERE deleted_at IS NULL";

    private const string Insert =
        """
        INSERT INTO webhooks (id, url, events, secret, created_at, created_by)
        VALUES (@Id, @url, @events, @EncryptedSecret, @CreatedAt, @CreatedBy)
        """;

    private const string UpdateDeleted = "UPDATE webhooks SET deleted_at = @now WHERE id = @id AND deleted_at IS NULL";

    private const string UpdateDisabled =
        "UPDATE webhooks SET disabled_at = @now, disabled_reason = @reason WHERE id = @id AND disabled_at IS NULL AND deleted_at IS NULL";

    private const string UpdateEnabled = "UPDATE webhooks SET disabled_at = NULL, disabled_reason = NULL WHERE id = @id AND deleted_at IS NULL";

    private const string DeleteRemoved = "DELETE FROM webhooks WHERE id = @id AND deleted_at IS NOT NULL";

    private const string UpdateSecret = "UPDATE webhooks SET secret = @after WHERE id = @id AND secret = @before";

    private const string UpdateSalt = "UPDATE webhook_state SET secret_salt = @salt WHERE id = 1 AND secret_salt IS NULL";

    private const string SelectSalt = "SELECT secret_salt FROM webhook_state WHERE id = 1";

    /// <inheritdoc/>
    public ValueTask<long> ReadVersionAsync(CancellationToken cancellationToken) => database.ReadAsync(ReadVersionAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<(long Version, IReadOnlyList<Webhook> Webhooks)> ReadAsync(CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session =>
        {
            var version = await ReadVersionAsync(session);
            var rows = await session.Connection.QueryAsync<WebhookRow>(SelectAll);
            return (version, (IReadOnlyList<Webhook>)rows.AsList().ConvertAll(static row => row.ToWebhook()));
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryAddAsync(Webhook webhook, int most, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.Connection.ExecuteAsync(UpdateVersion);
            if (await session.Connection.ExecuteScalarAsync<long>(SelectCount) >= most)
            {
                return false;
            }

            await session.Connection.ExecuteAsync(Insert, new
            {
                webhook.Id,
                url = webhook.Url.AbsoluteUri,
                events = WebhookEvents.ToText(webhook.Events),
                webhook.EncryptedSecret,
                webhook.CreatedAt,
                webhook.CreatedBy,
            });
            return true;
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string id, DateTimeOffset now, CancellationToken cancellationToken) =>
        ChangeAsync(UpdateDeleted, new { id, now }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DisableAsync(string id, string reason, DateTimeOffset now, CancellationToken cancellationToken) =>
        ChangeAsync(UpdateDisabled, new { id, reason, now }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> EnableAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(UpdateEnabled, new { id }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ForgetDeletedAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(DeleteRemoved, new { id }, cancellationToken);

    /// <inheritdoc/>
    public Task ReplaceSecretsAsync(IReadOnlyList<(string Id, byte[] Before, byte[] After)> secrets, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.Connection.ExecuteAsync(UpdateVersion);
            return await session.Connection.ExecuteAsync(UpdateSecret, secrets.Select(static each => new { id = each.Id, before = each.Before, after = each.After }));
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]> GetOrAddSaltAsync(byte[] salt, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.Connection.ExecuteAsync(UpdateSalt, new { salt });
            return await session.Connection.QuerySingleAsync<byte[]>(SelectSalt);
        },
        WritePriority.Normal,
        cancellationToken);

    private static async ValueTask<long> ReadVersionAsync(IReadSession session) => await session.Connection.ExecuteScalarAsync<long>(SelectVersion);

    private Task<bool> ChangeAsync(string change, object parameters, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await session.Connection.ExecuteAsync(change, parameters) == 0)
            {
                return false;
            }

            await session.Connection.ExecuteAsync(UpdateVersion);
            return true;
        },
        WritePriority.Normal,
        cancellationToken);

    private sealed class WebhookRow
    {
        public string Id { get; init; } = "";

        public string Url { get; init; } = "";

        public string Events { get; init; } = "";

        public byte[] EncryptedSecret { get; init; } = [];

        public DateTimeOffset CreatedAt { get; init; }

        public string CreatedBy { get; init; } = "";

        public DateTimeOffset? DisabledAt { get; init; }

        public string? DisabledReason { get; init; }

        public DateTimeOffset? DeletedAt { get; init; }

        public Webhook ToWebhook() => new()
        {
            Id = Id,
            Url = new Uri(Url),
            Events = Array.ConvertAll(Events.Split(' '), static word => StoredWords.Known("webhooks.events", word, WebhookEvents.IsKnown)),
            EncryptedSecret = EncryptedSecret,
            CreatedAt = CreatedAt,
            CreatedBy = CreatedBy,
            DisabledAt = DisabledAt,
            DisabledReason = DisabledReason,
            DeletedAt = DeletedAt,
        };
    }
}
