using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The rows of orders: the purchase, and what came after it.</summary>
internal static class OrderRows
{
    // Two first orders of one customer at once: both must have the same customer id, so of the second nothing is written, and it decides again.
    private const string Insert =
        $"""
        INSERT INTO orders (order_id, order_line_id, marketplace_product_id, account, test, license_id, quantity, expires_at, received_at)
        SELECT @order_id, @order_line_id, @product, @account, @test, @license_id, @quantity, @expires_at, @received_at
        WHERE coalesce(({LicenseStore.SelectCustomer}), @customer_id) = @customer_id
        ON CONFLICT DO NOTHING
        """;

    private const string InsertFollowUp =
        """
        INSERT INTO follow_up_orders (license_id, order_id, order_line_id, marketplace_product_id, scene, expires_at, received_at)
        VALUES (@license_id, @order_id, @order_line_id, @product, @scene, @expires_at, @received_at)
        """;

    // What the purchase was for needs no word.
    private const string SelectOfLicense =
        """
        SELECT order_id, order_line_id, marketplace_product_id, CAST(NULL AS TEXT) AS scene, received_at, 0 AS position
        FROM orders WHERE license_id = @id
        UNION ALL
        SELECT order_id, order_line_id, marketplace_product_id, scene, received_at, id
        FROM follow_up_orders WHERE license_id = @id
        ORDER BY position
        """;

    /// <summary>The values of a key, in the order in which the statements take them.</summary>
    public static SqlValue[] KeyValues(OrderKey key) => [key.OrderId, key.OrderLineId, key.MarketplaceProductId, key.Account, key.Test];

    /// <summary>
    /// Writes a purchase under the lock of its customer; false when the order is there already, or the customer has another id than the license has, and then
    /// nothing was written.
    /// </summary>
    public static async ValueTask<bool> TryAddAsync(IWriteSession session, License license, PlacedOrder order)
    {
        session.Lock(LicenseStore.CustomerLock(license.Account, license.Customer.MarketplaceCustomerId));
        return await session.Prepared(Insert)
            .Bind([
                .. KeyValues(order.Key), license.Id, order.Quantity, Instants.ToSql(order.ExpiresAt), Instants.ToSql(order.ReceivedAt),
                license.Customer.MarketplaceCustomerId, license.Customer.Id])
            .ExecuteAsync() == 1;
    }

    /// <summary>Writes an order that came later.</summary>
    public static void Add(IWriteSession session, string licenseId, FollowUpOrder order) => session.Prepared(InsertFollowUp).Bind(
        licenseId, order.OrderId, order.OrderLineId, order.MarketplaceProductId, order.Scene,
        Instants.ToSql(order.ExpiresAt), Instants.ToSql(order.ReceivedAt)).Enqueue();

    /// <summary>The orders of a license, the oldest first.</summary>
    public static ValueTask<List<LicenseOrder>> ListAsync(IReadSession session, string licenseId) => session.Prepared(SelectOfLicense)
        .Bind(licenseId)
        .QueryAsync(static row => new LicenseOrder(
            row.GetString(0), row.GetString(1), row.GetStringOrNull(2), row.GetStringOrNull(3), Instants.FromSql(row.GetInt64(4))));
}
