using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Licenses in the database. Thread-safe.</summary>
internal sealed class LicenseStore(IDatabase database, OutboxFeed outbox, CommitListeners listeners, StoreMetrics metrics, TimeProvider time) : ILicenseStore
{
    internal static readonly string SelectOrder =
        $"""
        SELECT {LicenseRow.Columns}, o.quantity, o.expires_at, o.received_at, c.text
        FROM orders o
        JOIN licenses l ON l.id = o.license_id
        JOIN codes c ON c.license_id = l.id AND c.generation = l.unbound_generation
        WHERE o.order_id = @order_id AND o.order_line_id = @order_line_id AND o.marketplace_product_id = @product
            AND o.account = @account AND o.test = @test
        """;

    /// <summary>One row: the order, if it was served, and our id of the customer, if there is one.</summary>
    internal static readonly string SelectOrderAndCustomer =
        $"""
        SELECT {LicenseRow.Columns}, o.quantity, o.expires_at, o.received_at, c.text, ({SelectCustomer}) AS known_customer
        FROM (SELECT 1 AS one) AS asked
        LEFT JOIN orders o ON o.order_id = @order_id AND o.order_line_id = @order_line_id AND o.marketplace_product_id = @product
            AND o.account = @account AND o.test = @test
        LEFT JOIN licenses l ON l.id = o.license_id
        LEFT JOIN codes c ON c.license_id = l.id AND c.generation = l.unbound_generation
        """;

    private static readonly string SelectLicense =
        $"""
        SELECT {LicenseRow.Columns}, c.text
        FROM licenses l
        JOIN codes c ON c.license_id = l.id AND c.generation = l.unbound_generation
        WHERE l.id = @id
        """;

    /// <summary>The id of a customer whom the marketplace knows by another one.</summary>
    internal const string SelectCustomer =
        "SELECT customer_id FROM licenses WHERE account = @account AND marketplace_customer_id = @customer ORDER BY id LIMIT 1";

    private const string SelectAnswer =
        "SELECT outcome FROM answers WHERE license_id = @license_id AND round = @round AND key = @key";

    /// <inheritdoc/>
    public ValueTask<ServedOrder?> FindOrderAsync(OrderKey key, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session => session.Prepared(SelectOrder).Bind(OrderRows.KeyValues(key)).QuerySingleOrDefaultAsync(row => ReadOrder(row, key)), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<OrderBefore> LookUpOrderAsync(OrderKey key, string marketplaceCustomerId, CancellationToken cancellationToken) =>
        (await database.ReadTogetherAsync(
            session => session.Prepared(SelectOrderAndCustomer)
                .Bind([key.Account, marketplaceCustomerId, key.OrderId, key.OrderLineId, key.MarketplaceProductId, key.Test])
                .QuerySingleOrDefaultAsync(row => new OrderBefore(
                    row.IsNull(0) ? null : ReadOrder(row, key), row.GetStringOrNull(LicenseRow.Width + 4))),
            cancellationToken))!;

    /// <inheritdoc/>
    public ValueTask<FoundLicense?> FindLicenseAsync(string licenseId, IReadOnlyList<CallKey> keys, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync(
            async session =>
            {
                var found = await session.Prepared(SelectLicense)
                    .Bind(licenseId)
                    .QuerySingleOrDefaultAsync(static row => new LicenseWithCode(StoredLicense.Read(row), row.GetString(LicenseRow.Width)));
                return found is null
                    ? null
                    : new FoundLicense(
                        new LicenseRecord(found.License, found.CodeText, await OrderRows.ListAsync(session, licenseId))
                        {
                            MarketplaceCode = await HandleRows.FindCodeAsync(session, licenseId),
                        },
                        await FindAnswerAsync(session, found.License, keys));
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ConflictRecord?> FindConflictAsync(string conflictId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ConflictRow.FindAsync(session, conflictId), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> IsPendingAsync(string instanceId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => PendingOrderRow.IsPendingAsync(session, instanceId), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> FindLicenseIdAsync(string account, MarketplaceCode code, CancellationToken cancellationToken) =>
        database.ReadAsync(session => HandleRows.FindLicenseIdAsync(session, account, code.Sha256), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KeptCall>> ListKeptCallsAsync(string account, bool test, MarketplaceCode code, CancellationToken cancellationToken) =>
        database.ReadAsync(session => KeptCallRows.ListAsync(session, account, test, code.Sha256), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<UnservedEntry?> FindUnservedAsync(string licenseId, CallSource source, ConflictProposal proposal, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ConflictRow.FindUnservedAsync(session, licenseId, source, proposal), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<LateEnd?> FindLateEndAsync(string licenseId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ConflictRow.FindLateEndAsync(session, licenseId), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> CountPlacesAsync(string licenseId, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.ReadAsync(async session => (await ActivationRow.CountAsync(session, licenseId, now)).Taken, cancellationToken);

    /// <inheritdoc/>
    public async Task<StoreOutcome> StoreAsync(LicenseCommit commit, CancellationToken cancellationToken)
    {
        var prepared = new PreparedCommit(commit, outbox);
        var outcome = await metrics.MeasureAsync(
            commit.After.Id,
            () =>
            {
                var priority = commit.IsInBackground ? WritePriority.Low : WritePriority.Normal;
                return IsPlain(commit)
                    ? database.WriteTogetherAsync(commit.Order?.Key.OrderId ?? commit.After.Id, session => StoreAsync(session, prepared), priority, cancellationToken)
                    : database.WriteAsync(session => StoreAsync(session, prepared), priority, cancellationToken);
            });
        if (outcome == StoreOutcome.Stored)
        {
            listeners.Tell(commit.Events);
        }

        return outcome;
    }

    /// <inheritdoc/>
    public async Task<UnservedOutcome> KeepUnservedAsync(OpenConflict entry, CancellationToken cancellationToken)
    {
        var messages = OutboxRows.Prepare(outbox.MessagesOf(entry));
        var outcome = await database.WriteAsync(session => UnservedOrderRows.KeepAsync(session, entry, messages), WritePriority.Normal, cancellationToken);
        if (outcome == UnservedOutcome.Kept)
        {
            listeners.Tell(entry);
        }

        return outcome;
    }

    /// <inheritdoc/>
    public Task<StoreOutcome> ResolveAsync(ConflictResolution resolution, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await ConflictRow.TryResolveAsync(session, resolution) ? StoreOutcome.Stored : StoreOutcome.ConcurrencyConflict,
        WritePriority.Normal,
        cancellationToken);

    /// <summary>The lock under which orders of a customer are served, or kept as unserved.</summary>
    internal static string CustomerLock(string account, string marketplaceCustomerId) => $"customer {account} {marketplaceCustomerId}";

    /// <summary>
    /// Stores a commit inside a write. <see cref="StoreOutcome.ConcurrencyConflict"/> is found out before the first row is written, or by writing it: SQLite's writer
    /// has no savepoints, so a refusal must leave nothing behind.
    /// </summary>
    internal async ValueTask<StoreOutcome> StoreAsync(IWriteSession session, PreparedCommit prepared)
    {
        if (await TryAddLicenseAsync(session, prepared.Commit))
        {
            prepared.AddTo(session);
            return StoreOutcome.Stored;
        }

        // Asked afterwards: the COMMIT of which nobody knew may still have been under way, and what was just tried has waited for it.
        return session.MayBeStoredAlready && await prepared.IsStoredAsync(session) ? StoreOutcome.Stored : StoreOutcome.ConcurrencyConflict;
    }

    // An order, a renewal and the like. The others are rare, and take several locks one after the other or ask more before they write.
    private static bool IsPlain(LicenseCommit commit) =>
        commit is { Resolution: null, Freed: null, ServesPendingOrder: false, MarketplaceCode: null };

    private async ValueTask<bool> TryAddLicenseAsync(IWriteSession session, LicenseCommit commit)
    {
        if (commit.GoodUntil <= time.GetUtcNow())
        {
            return false;
        }

        if (commit.Nonce is { } used && !await NonceRows.IsFreeAsync(session, used.Nonce))
        {
            return false;
        }

        if (commit.Resolution is { } resolution && !await ConflictRow.IsOpenAsync(session, resolution.ConflictId))
        {
            return false;
        }

        if (commit.Freed is { FreedByWhom: FreedBy.License } lost && !await ActivationRow.IsUnseenSinceAsync(session, lost))
        {
            return false;
        }

        if (commit.Before is { } before)
        {
            return await LicenseRow.TryReplaceAsync(session, commit.After, before.Version);
        }

        if (commit.ServesPendingOrder)
        {
            session.Lock(PendingOrderRow.Lock(commit.After.Id));
            if (!await PendingOrderRow.IsPendingAsync(session, commit.After.Id))
            {
                return false;
            }
        }

        if (commit.MarketplaceCode is { Code: var code })
        {
            session.Lock(HandleRows.Lock(commit.After.Account, code.Sha256));
            if (await HandleRows.FindLicenseIdAsync(session, commit.After.Account, code.Sha256) is not null
                || await KeptCallRows.FindLastAsync(session, commit.After.Account, commit.After.Test, code.Sha256) != commit.KeptUpTo)
            {
                return false;
            }
        }

        if (!await OrderRows.TryAddAsync(session, commit.After, commit.Order!))
        {
            return false;
        }

        LicenseRow.AddTo(session, commit.After);
        return true;
    }

    private static ServedOrder ReadOrder(Row row, OrderKey key) => new(
        new PlacedOrder(
            key,
            row.GetInt32(LicenseRow.Width),
            Instants.FromSql(row.GetInt64OrNull(LicenseRow.Width + 1)),
            Instants.FromSql(row.GetInt64(LicenseRow.Width + 2))),
        StoredLicense.Read(row),
        row.GetString(LicenseRow.Width + 3));

    private static async ValueTask<CommandOutcome?> FindAnswerAsync(IReadSession session, License license, IReadOnlyList<CallKey> keys)
    {
        foreach (var key in keys)
        {
            var outcome = await session.Prepared(SelectAnswer)
                .Bind(license.Id, license.Round, key.Hash)
                .QuerySingleOrDefaultAsync(static row => row.GetString(0));
            if (outcome is not null)
            {
                return LicenseWords.Answers.FromSql("answers.outcome", outcome);
            }
        }

        return null;
    }
}
