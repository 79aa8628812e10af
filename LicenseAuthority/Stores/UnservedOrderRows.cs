using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The rows of orders that were refused and have no license: conflicts without one, of which each order has at most one that is open.</summary>
internal static class UnservedOrderRows
{
    // The words of the index conflicts_unserved, so that its conditions are met.
    private const string IsOpen = "license_id IS NULL AND resolution IS NULL";

    private const string IsOrder = "test = @test AND account = @account AND order_id = @order_id AND order_line_id = @order_line_id";

    // Of an order whose product could not be read it is enough that any of its products was served: nobody could tell which one was meant.
    private const string SelectServed =
        $"""
        SELECT COUNT(*) FROM orders WHERE {IsOrder} AND (marketplace_product_id = @product OR @product = '')
        """;

    private const string SelectOpen = $"SELECT id, reason FROM conflicts WHERE {IsOpen} AND {IsOrder} AND marketplace_product_id = @product";

    // Its instance id may not have been allotted, or not have been known, when the entry was made.
    private const string SelectOpenInstance =
        $"""
        SELECT id, reason FROM conflicts
        WHERE {IsOpen} AND {IsOrder} AND (instance_id = @instance_id OR (instance_id IS NULL AND marketplace_product_id = ''))
        ORDER BY CASE WHEN instance_id IS NULL THEN 1 ELSE 0 END
        LIMIT 1
        """;

    // Also what was refused before its line could be read: nobody could tell which one was meant.
    private const string IsOrderOrUnread = "test = @test AND account = @account AND order_id = @order_id AND order_line_id IN (@order_line_id, '')";

    private const string UpdateReason =
        $"UPDATE conflicts SET reason = @reason, instance_id = coalesce(instance_id, @instance_id) WHERE id = @id AND {IsOpen}";

    // What was bought was not known when the entry was made.
    private const string UpdateContent =
        $"""
        UPDATE conflicts SET expires_at = @expires_at, quantity = @quantity, marketplace_product_id = @product, marketplace_customer_id = @customer,
            customer_name = @customer_name
        WHERE id = @id AND {IsOpen} AND marketplace_product_id = ''
        """;

    private const string Insert =
        """
        INSERT INTO conflicts (id, kind, at, actor, activity, reason, expire, expires_at, quantity,
            test, account, order_id, order_line_id, marketplace_product_id, marketplace_customer_id, customer_name, instance_id)
        VALUES (@id, @kind, @at, @actor, @activity, @reason, @expire, @expires_at, @quantity,
            @test, @account, @order_id, @order_line_id, @product, @customer, @customer_name, @instance_id)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Closes what is open of an order; one look into an index that is empty but for trouble. On the way of every new license.</summary>
    internal static readonly string UpdateServed =
        $"""
        UPDATE conflicts SET license_id = @license_id, resolution = '{ConflictStatus.Served.ToWord()}', resolved_by = @resolved_by, resolved_at = @resolved_at,
            remark = @remark
        WHERE {IsOpen} AND {IsOrderOrUnread}
            AND (marketplace_product_id = '' OR (marketplace_product_id = @product AND order_line_id = @order_line_id) OR instance_id = @license_id)
        """;

    private static readonly string UpdateEnded =
        $"""
        UPDATE conflicts SET resolution = '{ConflictStatus.Dismissed.ToWord()}', resolved_by = @resolved_by, resolved_at = @resolved_at, remark = @remark
        WHERE {IsOpen} AND {IsOrderOrUnread} AND (marketplace_product_id = '' OR instance_id = @instance_id)
        """;

    internal const string SelectAny = $"SELECT COUNT(*) FROM (SELECT 1 FROM conflicts WHERE {IsOpen} AND test = @test LIMIT 1) AS open";

    /// <summary>Renewals and the like that came for a license that is over: entries with a license, found among those that are open.</summary>
    internal static readonly string SelectAnyRenewal =
        $"""
        SELECT COUNT(*) FROM (
            SELECT 1 FROM conflicts c JOIN licenses l ON l.id = c.license_id
            WHERE c.resolution IS NULL AND c.kind = '{ConflictKind.Unserved.ToWord()}' AND l.test = @test
            LIMIT 1) AS open
        """;

    /// <summary>Keeps an order, with the messages about it, unless it was served or is open already.</summary>
    public static async ValueTask<UnservedOutcome> KeepAsync(IWriteSession session, OpenConflict entry, IReadOnlyList<SqlValue[]> messages)
    {
        var (key, customerId, customerName) = entry.Order!;

        // The same lock as of those who serve orders of this customer: one of the two sees the other.
        session.Lock(LicenseStore.CustomerLock(key.Account, customerId ?? ""));
        if (await session.Prepared(SelectServed).Bind(KeyValues(key)).QuerySingleOrDefaultAsync(static row => row.GetInt64(0)) > 0)
        {
            return UnservedOutcome.Served;
        }

        var open = await FindOpenAsync(session, entry, key);
        if (open is not null)
        {
            if (open.Reason != entry.Reason)
            {
                session.Prepared(UpdateReason).Bind(entry.Reason, entry.InstanceId, open.Id).Enqueue();
            }

            if (entry.InstanceId is not null && key.MarketplaceProductId.Length > 0)
            {
                session.Prepared(UpdateContent)
                    .Bind(
                        Instants.ToSql(entry.Proposal.ExpiresAt), entry.Proposal.Quantity, key.MarketplaceProductId, customerId, customerName, open.Id)
                    .Enqueue();
            }

            return open.Id == entry.Id ? UnservedOutcome.Kept : UnservedOutcome.KeptBefore;
        }

        var added = await session.Prepared(Insert)
            .Bind(
            [
                entry.Id, entry.Kind.ToWord(), Instants.ToSql(entry.At), entry.Source.Actor, entry.Source.Activity, entry.Reason, entry.Proposal.Expire,
                Instants.ToSql(entry.Proposal.ExpiresAt), entry.Proposal.Quantity, .. KeyValues(key), customerId, customerName, entry.InstanceId,
            ])
            .ExecuteAsync();
        if (added == 0)
        {
            return UnservedOutcome.KeptBefore;
        }

        OutboxRows.Add(session, messages);
        return UnservedOutcome.Kept;
    }

    /// <summary>The order is served by this license, perhaps as an operator has it.</summary>
    public static void Close(IWriteSession session, License license, PlacedOrder order, LicenseEvent issued, string? operatorsReason) => session.Prepared(UpdateServed)
        .Bind([license.Id, issued.Source.Actor, Instants.ToSql(issued.At), operatorsReason, .. KeyValues(order.Key)])
        .Enqueue();

    /// <summary>The order gets no license any more: there is nothing to serve.</summary>
    public static void Dismiss(IWriteSession session, PendingOrder order, string actor, DateTimeOffset now, string remark) => session.Prepared(UpdateEnded)
        .Bind(
        [
            actor, Instants.ToSql(now), remark, order.Key.Test, order.Key.Account, order.Key.OrderId, order.Key.OrderLineId, order.InstanceId,
        ])
        .Enqueue();

    // An order that has an instance id has one entry, whether its product is known or not.
    private static async ValueTask<OpenEntry?> FindOpenAsync(IWriteSession session, OpenConflict entry, OrderKey key)
    {
        var open = await session.Prepared(SelectOpen).Bind(KeyValues(key)).QuerySingleOrDefaultAsync(ReadOpen);
        return open is null && entry.InstanceId is { } instanceId
            ? await session.Prepared(SelectOpenInstance)
                .Bind(key.Test, key.Account, key.OrderId, key.OrderLineId, instanceId)
                .QuerySingleOrDefaultAsync(ReadOpen)
            : open;
    }

    private static OpenEntry ReadOpen(Row row) => new(row.GetString(0), row.GetString(1));

    private static SqlValue[] KeyValues(OrderKey key) => [key.Test, key.Account, key.OrderId, key.OrderLineId, key.MarketplaceProductId];

    private sealed record OpenEntry(string Id, string Reason);
}
