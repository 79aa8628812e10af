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
        "SELECT id, url, events, secret, created_at, created_by, disabled_at, disabled_reason, deleted_at FROM webhooks ORDER BY id";

    private const string SelectCount = "SELECT COUNT(*) FROM webhooks WHERE deleted_at IS NULL";

    private const string Insert =
        """
        INSERT INTO webhooks (id, url, events, secret, created_at, created_by)
        VALUES (@id, @url, @events, @secret, @created_at, @created_by)
        """;

    private const string UpdateDeleted = "UPDATE webhooks SET deleted_at = @now WHERE id = @id AND deleted_at IS NULL";

    private const string UpdateDisabled =
        "UPDATE webhooks SET disabled_at = @now, disabled_reason = @reason WHERE id = @id AND disabled_at IS NULL AND deleted_at IS NULL";

    private const string UpdateEnabled = "UPDATE webhooks SET disabled_at = NULL, disabled_reason = NULL WHERE id = @id AND deleted_at IS NULL";

    private const string DeleteRemoved = "DELETE FROM webhooks WHERE id = @id AND deleted_at IS NOT NULL";

    private const string UpdateSalt = "UPDATE webhook_state SET secret_salt = @salt WHERE id = 1 AND secret_salt IS NULL";

    private const string SelectSalt = "SELECT secret_salt FROM webhook_state WHERE id = 1";

    /// <inheritdoc/>
    public ValueTask<long> ReadVersionAsync(CancellationToken cancellationToken) => database.ReadAsync(ReadVersionAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<(long Version, IReadOnlyList<Webhook> Webhooks)> ReadAsync(CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session =>
        {
            var version = await ReadVersionAsync(session);
            IReadOnlyList<Webhook> webhooks = await session.Prepared(SelectAll).QueryAsync(Read);
            return (version, webhooks);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryAddAsync(Webhook webhook, int most, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Prepared(UpdateVersion).Enqueue();
            if (await session.Prepared(SelectCount).QuerySingleOrDefaultAsync(static row => row.GetInt64(0)) >= most)
            {
                return false;
            }

            session.Prepared(Insert)
                .Bind(
                    webhook.Id, webhook.Url.AbsoluteUri, WebhookEvents.ToText(webhook.Events), webhook.EncryptedSecret, Instants.ToSql(webhook.CreatedAt),
                    webhook.CreatedBy)
                .Enqueue();
            return true;
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string id, DateTimeOffset now, CancellationToken cancellationToken) =>
        ChangeAsync(session => session.Prepared(UpdateDeleted).Bind(Instants.ToSql(now), id), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DisableAsync(string id, string reason, DateTimeOffset now, CancellationToken cancellationToken) =>
        ChangeAsync(session => session.Prepared(UpdateDisabled).Bind(Instants.ToSql(now), reason, id), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> EnableAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(session => session.Prepared(UpdateEnabled).Bind(id), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ForgetDeletedAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(session => session.Prepared(DeleteRemoved).Bind(id), cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]> GetOrAddSaltAsync(byte[] salt, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Prepared(UpdateSalt).Bind(salt).Enqueue();
            return (await session.Prepared(SelectSalt).QuerySingleOrDefaultAsync(static row => row.GetBytes(0)))!;
        },
        WritePriority.Normal,
        cancellationToken);

    private static ValueTask<long> ReadVersionAsync(IReadSession session) =>
        session.Prepared(SelectVersion).QuerySingleOrDefaultAsync(static row => row.GetInt64(0));

    private static Webhook Read(Row row) => new()
    {
        Id = row.GetString(0),
        Url = new Uri(row.GetString(1)),
        Events = WebhookEvents.FromText(row.GetString(2)),
        EncryptedSecret = row.GetBytes(3),
        CreatedAt = Instants.FromSql(row.GetInt64(4)),
        CreatedBy = row.GetString(5),
        DisabledAt = Instants.FromSql(row.GetInt64OrNull(6)),
        DisabledReason = row.GetStringOrNull(7),
        DeletedAt = Instants.FromSql(row.GetInt64OrNull(8)),
    };

    private Task<bool> ChangeAsync(Func<IWriteSession, IStatement> change, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await change(session).ExecuteAsync() == 0)
            {
                return false;
            }

            session.Prepared(UpdateVersion).Enqueue();
            return true;
        },
        WritePriority.Normal,
        cancellationToken);
}
