using System.Globalization;
using System.Text.Json.Nodes;

namespace LicenseAuthority.Simulation.OpenApi;

/// <summary>An order as the open API tells it (protocol section 5i): one line, one product.</summary>
internal sealed record SimulatedOrder(string OrderId, string ProductId, DateTimeOffset PlacedAt)
{
    public string OrderLineId => OrderId + "-000001";

    /// <summary>NEW, TRIAL …</summary>
    public string OrderType { get; init; } = "NEW";

    public int Amount { get; init; } = 1;

    /// <summary>Null: bought once and for all.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>An instant as the marketplace writes it.</summary>
    public static string TimeOf(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    /// <summary>The member <c>orderInfo</c>.</summary>
    public JsonObject ToJson()
    {
        var line = new JsonObject
        {
            ["orderLineId"] = OrderLineId,
            ["chargingMode"] = ExpiresAt is null ? "ONE_TIME" : "PERIOD",
            ["productInfo"] = new JsonArray(new JsonObject
            {
                ["productId"] = ProductId,
                ["skuCode"] = "simulated-sku",
                ["productName"] = "A simulated product",
                ["linearValue"] = Amount.ToString(CultureInfo.InvariantCulture),
            }),
        };
        if (ExpiresAt is { } end)
        {
            line["expireTime"] = TimeOf(end);
            line["periodType"] = "year";
            line["periodNumber"] = 1;
        }

        return new JsonObject
        {
            ["orderId"] = OrderId,
            ["orderType"] = OrderType,
            ["createTime"] = TimeOf(PlacedAt),
            ["buyerInfo"] = new JsonObject { ["customerId"] = "simulated-customer", ["customerName"] = "模拟客户 Simulated & Co." },
            ["orderLine"] = new JsonArray(line),
        };
    }
}
