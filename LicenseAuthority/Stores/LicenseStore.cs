using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Licenses in the database. Thread-safe.</summary>
internal sealed class LicenseStore(IDatabase database, OutboxFeed outbox, TimeProvider time) : ILicenseStore
{
    internal const string SelectOrder =
        $"""
        SELECT {LicenseRow.Columns}, o.quantity, o.expires_at, o.received_at, c.text
        FROM orders o
        JOIN licenses l ON l.id = o.license_id
        JOIN codes c ON c.license_id = l.id AND c.generation = l.generation
        WHERE o.order_id = @order_id AND o.order_line_id = @order_line_id AND o.marketplace_product_id = @product
            AND o.account = @account AND o.test = @test
        """;

    private const string SelectLicense = $"SELECT {LicenseRow.Columns} FROM licenses l WHERE l.id = @id";

    private const string SelectCustomer =
        "SELECT customer_id FROM licenses WHERE account = @account AND marketplace_customer_id = @customer ORDER BY id LIMIT 1";

    private const string SelectAnswer =
        "SELECT outcome FROM answers WHERE license_id = @license_id AND round = @round AND key = @key";

    private const string InsertOrder =
        """
        INSERT INTO orders (order_id, order_line_id, marketplace_product_id, account, test, license_id, quantity, expires_at, received_at)
        VALUES (@order_id, @order_line_id, @product, @account, @test, @license_id, @quantity, @expires_at, @received_at)
        ON CONFLICT DO NOTHING
        """;

    private const string InsertCode =
        """
        INSERT INTO codes (license_id, generation, issued_at, status_list, status_index, text, sha256)
        VALUES (@license_id, @generation, @issued_at, @status_list, @status_index, @text, @sha256)
        """;

    private const string InsertFollowUpOrder =
        """
        INSERT INTO follow_up_orders (license_id, order_id, order_line_id, marketplace_product_id, scene, expires_at, received_at)
        VALUES (@license_id, @order_id, @order_line_id, @product, @scene, @expires_at, @received_at)
        """;

    private const string InsertAnswer =
        "INSERT INTO answers (license_id, round, key, outcome) VALUES (@license_id, @round, @key, @outcome)";

    /// <inheritdoc/>
    public ValueTask<ServedOrder?> FindOrderAsync(OrderKey key, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.Prepared(SelectOrder).Bind(KeyValues(key)).QuerySingleOrDefaultAsync(row => new ServedOrder(
            new PlacedOrder(
                key,
                row.GetInt32(LicenseRow.Width),
                Instants.FromSql(row.GetInt64OrNull(LicenseRow.Width + 1)),
                Instants.FromSql(row.GetInt64(LicenseRow.Width + 2))),
            LicenseRow.Read(row),
            row.GetString(LicenseRow.Width + 3))), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<License?> FindLicenseAsync(string licenseId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => FindLicenseAsync(session, licenseId), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> FindCustomerIdAsync(string account, string marketplaceCustomerId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => FindCustomerIdAsync(session, account, marketplaceCustomerId), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<CallOutcome?> FindAnswerAsync(License license, IReadOnlyList<CallKey> keys, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync(
            async session =>
            {
                foreach (var key in keys)
                {
                    var outcome = await session.Prepared(SelectAnswer)
                        .Bind(license.Id, license.Round, key.Hash)
                        .QuerySingleOrDefaultAsync(static row => row.GetString(0));
                    if (outcome is not null)
                    {
                        return Enum.Parse<CallOutcome>(outcome);
                    }
                }

                return (CallOutcome?)null;
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ConflictRecord?> FindConflictAsync(string conflictId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ConflictRow.FindAsync(session, conflictId), cancellationToken);

    /// <inheritdoc/>
    public Task<StoreOutcome> StoreAsync(LicenseChange change, CancellationToken cancellationToken)
    {
        var events = EventRows.Prepare(change.Events);
        var messages = OutboxRows.Prepare(outbox.MessagesOf(change.Events, change.Conflict?.Id));
        var stored = database.WriteAsync(session => StoreAsync(session, change, events, messages), WritePriority.Normal, cancellationToken);
        return messages.Count == 0 ? stored : ThenSendAsync(stored);
    }

    private async Task<StoreOutcome> ThenSendAsync(Task<StoreOutcome> storing)
    {
        var outcome = await storing;
        if (outcome == StoreOutcome.Stored)
        {
            outbox.Stored();
        }

        return outcome;
    }

    /// <summary>
    /// Stores a change inside a write. <see cref="StoreOutcome.Overtaken"/> is found out before the first row is written, or by writing it: SQLite's writer
    /// has no savepoints, so a refusal must leave nothing behind.
    /// </summary>
    internal async ValueTask<StoreOutcome> StoreAsync(
        IWriteSession session, LicenseChange change, IReadOnlyList<SqlValue[]> events, IReadOnlyList<SqlValue[]> messages)
    {
        var outcome = await TryStoreAsync(session, change, events, messages);

        // Asked afterwards: the COMMIT of which nobody knew may still have been under way, and what was just tried has waited for it.
        return outcome == StoreOutcome.Overtaken && session.MayBeStoredAlready && await IsStoredAsync(session, change) ? StoreOutcome.Stored : outcome;
    }

    private async ValueTask<StoreOutcome> TryStoreAsync(
        IWriteSession session, LicenseChange change, IReadOnlyList<SqlValue[]> events, IReadOnlyList<SqlValue[]> messages)
    {
        if (change.GoodUntil <= time.GetUtcNow())
        {
            return StoreOutcome.Overtaken;
        }

        var license = change.After;
        if (change.Resolution is { } resolution && !await ConflictRow.IsOpenAsync(session, resolution.ConflictId))
        {
            return StoreOutcome.Overtaken;
        }

        if (change.Before is { } before)
        {
            if (!await LicenseRow.TryReplaceAsync(session, license, before.Version))
            {
                return StoreOutcome.Overtaken;
            }
        }
        else if (!await TryAddOrderAsync(session, change))
        {
            return StoreOutcome.Overtaken;
        }
        else
        {
            LicenseRow.Add(session, license);
        }

        if (change.Code is { } code)
        {
            session.Prepared(InsertCode).Bind(
                license.Id, license.Generation, Instants.ToSql(license.CodeIssuedAt), code.StatusList, code.StatusIndex, code.Text, code.Sha256).Enqueue();
        }

        EventRows.Add(session, events);
        OutboxRows.Add(session, messages);
        if (change.FollowUpOrder is { } followUp)
        {
            session.Prepared(InsertFollowUpOrder).Bind(
                license.Id, followUp.OrderId, followUp.OrderLineId, followUp.MarketplaceProductId, followUp.Scene.ToWord(),
                Instants.ToSql(followUp.ExpiresAt), Instants.ToSql(followUp.ReceivedAt)).Enqueue();
        }

        foreach (var key in change.Keys)
        {
            session.Prepared(InsertAnswer).Bind(license.Id, license.Round, key.Hash, change.Outcome.ToString()).Enqueue();
        }

        if (change.Conflict is { } conflict)
        {
            ConflictRow.Add(session, conflict);
        }

        if (change.Resolution is { } resolved)
        {
            ConflictRow.Resolve(session, resolved);
        }

        return StoreOutcome.Stored;
    }

    // After a COMMIT of which nobody knows. An order names the license that this very call made up. Any other change left exactly this license behind;
    // had another call left the same, it would have decided the same from the same.
    private static async ValueTask<bool> IsStoredAsync(IWriteSession session, LicenseChange change) => change.Order is { } order
        ? await session.Prepared(SelectOrder).Bind(KeyValues(order.Key)).QuerySingleOrDefaultAsync(static row => LicenseRow.Read(row).Id) == change.After.Id
        : await FindLicenseAsync(session, change.After.Id) is { } stored && stored with { EarlierExpiries = change.After.EarlierExpiries } == change.After;

    private static async ValueTask<bool> TryAddOrderAsync(IWriteSession session, LicenseChange change)
    {
        // Two first orders of one customer at once: both must have the same customer id, so the second decides again.
        var license = change.After;
        session.Lock($"customer {license.Account} {license.Customer.MarketplaceCustomerId}");
        var customerId = await FindCustomerIdAsync(session, license.Account, license.Customer.MarketplaceCustomerId);
        if (customerId is not null && customerId != license.Customer.Id)
        {
            return false;
        }

        var order = change.Order!;
        return await session.Prepared(InsertOrder)
            .Bind([.. KeyValues(order.Key), license.Id, order.Quantity, Instants.ToSql(order.ExpiresAt), Instants.ToSql(order.ReceivedAt)])
            .ExecuteAsync() == 1;
    }

    private static SqlValue[] KeyValues(OrderKey key) => [key.OrderId, key.OrderLineId, key.MarketplaceProductId, key.Account, key.Test];

    private static ValueTask<License?> FindLicenseAsync(IReadSession session, string licenseId) => session.Prepared(SelectLicense)
        .Bind(licenseId)
        .QuerySingleOrDefaultAsync(static row => LicenseRow.Read(row));

    private static ValueTask<string?> FindCustomerIdAsync(IReadSession session, string account, string marketplaceCustomerId) => session.Prepared(SelectCustomer)
        .Bind(account, marketplaceCustomerId)
        .QuerySingleOrDefaultAsync(static row => row.GetString(0));
}
