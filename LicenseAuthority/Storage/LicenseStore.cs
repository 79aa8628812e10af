using LicenseAuthority.Licensing;

namespace LicenseAuthority.Storage;

/// <summary>Licenses in SQLite. Thread-safe; every write goes through the one writer.</summary>
internal sealed class LicenseStore(SqliteDatabase database, TimeProvider time) : ILicenseStore
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
        ValueTask.FromResult(database.Readers.Read(session => session.Prepared(SelectOrder)
            .Bind(key.OrderId, key.OrderLineId, key.MarketplaceProductId, key.Account, key.Test)
            .QuerySingleOrDefault(row => new ServedOrder(
                new PlacedOrder(
                    key,
                    row.GetInt32(LicenseRow.Width),
                    Instants.FromSql(row.GetInt64OrNull(LicenseRow.Width + 1)),
                    Instants.FromSql(row.GetInt64(LicenseRow.Width + 2))),
                LicenseRow.Read(row),
                row.GetString(LicenseRow.Width + 3)))));

    /// <inheritdoc/>
    public ValueTask<License?> FindLicenseAsync(string licenseId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(database.Readers.Read(session => session.Prepared(SelectLicense)
            .Bind(licenseId)
            .QuerySingleOrDefault(static row => LicenseRow.Read(row))));

    /// <inheritdoc/>
    public ValueTask<string?> FindCustomerIdAsync(string account, string marketplaceCustomerId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(database.Readers.Read(session => FindCustomerId(session, account, marketplaceCustomerId)));

    /// <inheritdoc/>
    public ValueTask<CallOutcome?> FindAnswerAsync(License license, IReadOnlyList<CallKey> keys, CancellationToken cancellationToken) =>
        ValueTask.FromResult(database.Readers.Read(session =>
        {
            foreach (var key in keys)
            {
                var outcome = session.Prepared(SelectAnswer)
                    .Bind(license.Id, license.Round, key.Hash)
                    .QuerySingleOrDefault(static row => row.GetString(0));
                if (outcome is not null)
                {
                    return Enum.Parse<CallOutcome>(outcome);
                }
            }

            return (CallOutcome?)null;
        }));

    /// <inheritdoc/>
    public ValueTask<ConflictRecord?> FindConflictAsync(string conflictId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(database.Readers.Read(session => ConflictRow.Find(session, conflictId)));

    /// <inheritdoc/>
    public Task<StoreOutcome> StoreAsync(LicenseChange change, CancellationToken cancellationToken) =>
        database.Writer.RunAsync(session => Store(session, change), WritePriority.Normal, cancellationToken);

    /// <summary>
    /// Stores a change inside a write. <see cref="StoreOutcome.Overtaken"/> is found out before the first row is written, or by writing it: the writer
    /// has no savepoints, so a refusal must leave nothing behind.
    /// </summary>
    internal StoreOutcome Store(SqliteWriteSession session, LicenseChange change)
    {
        if (change.GoodUntil <= time.GetUtcNow())
        {
            return StoreOutcome.Overtaken;
        }

        var license = change.After;
        if (change.Resolution is { } resolution && !ConflictRow.IsOpen(session, resolution.ConflictId))
        {
            return StoreOutcome.Overtaken;
        }

        if (change.Before is { } before)
        {
            if (!LicenseRow.TryReplace(session, license, before.Version))
            {
                return StoreOutcome.Overtaken;
            }
        }
        else
        {
            // Two first orders of one customer at once: both must have the same customer id, so the second decides again.
            var customerId = FindCustomerId(session, license.Account, license.Customer.MarketplaceCustomerId);
            if ((customerId is not null && customerId != license.Customer.Id) || !TryAddOrder(session, change.Order!, license.Id))
            {
                return StoreOutcome.Overtaken;
            }

            LicenseRow.Add(session, license);
        }

        if (change.Code is { } code)
        {
            session.Prepared(InsertCode).Bind(
                license.Id, license.Generation, Instants.ToSql(license.CodeIssuedAt), code.StatusList, code.StatusIndex, code.Text, code.Sha256).Execute();
        }

        EventRows.Add(session, change.Events);
        if (change.FollowUpOrder is { } followUp)
        {
            session.Prepared(InsertFollowUpOrder).Bind(
                license.Id, followUp.OrderId, followUp.OrderLineId, followUp.MarketplaceProductId, followUp.Scene.ToWord(),
                Instants.ToSql(followUp.ExpiresAt), Instants.ToSql(followUp.ReceivedAt)).Execute();
        }

        foreach (var key in change.Keys)
        {
            session.Prepared(InsertAnswer).Bind(license.Id, license.Round, key.Hash, change.Outcome.ToString()).Execute();
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

    private static bool TryAddOrder(SqliteWriteSession session, PlacedOrder order, string licenseId) => session.Prepared(InsertOrder).Bind(
        order.Key.OrderId, order.Key.OrderLineId, order.Key.MarketplaceProductId, order.Key.Account, order.Key.Test, licenseId,
        order.Quantity, Instants.ToSql(order.ExpiresAt), Instants.ToSql(order.ReceivedAt)).Execute() == 1;

    private static string? FindCustomerId(SqliteSession session, string account, string marketplaceCustomerId) => session.Prepared(SelectCustomer)
        .Bind(account, marketplaceCustomerId)
        .QuerySingleOrDefault(static row => row.GetString(0));
}
