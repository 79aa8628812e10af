using System.Globalization;
using System.Text.Json;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>What came of asking for an order.</summary>
/// <param name="Answer">The answer; its error says so when it is about another order or about none.</param>
/// <param name="Order">The order; null = the marketplace did not answer, or has no such order yet.</param>
internal sealed record OrderAnswer(OpenApiAnswer Answer, OrderInfo? Order)
{
    /// <summary>Reads the answer to a question for one order.</summary>
    public static OrderAnswer Of(OpenApiAnswer answer, string orderId)
    {
        if (!answer.Succeeded)
        {
            return new OrderAnswer(answer, null);
        }

        if (answer.Body?.FindObject("orderInfo") is not { } info || info.FindText("orderId") is not { } answered)
        {
            return new OrderAnswer(answer with { Error = "the answer has no order" }, null);
        }

        return answered == orderId
            ? new OrderAnswer(answer, OrderInfo.Read(info, answered))
            : new OrderAnswer(answer with { Error = "the answer is about another order" }, null);
    }
}

/// <summary>An order as the marketplace has it (protocol section 5i). Texts are as they came; absent ones are null.</summary>
internal sealed record OrderInfo
{
    public required string OrderId { get; init; }

    /// <summary><c>NEW</c>, <c>TRIAL</c>, <c>UNSUBSCRIBE</c> …</summary>
    public string? OrderType { get; init; }

    /// <summary>The buyer's account.</summary>
    public string? CustomerId { get; init; }

    /// <summary>The buyer's name: for the license, in no log.</summary>
    public string? CustomerName { get; init; }

    public required IReadOnlyList<OrderLine> Lines { get; init; }

    /// <summary>The line with this id, else the only line; null = there is none of both.</summary>
    public OrderLine? LineOf(string orderLineId) => Lines.FirstOrDefault(line => line.OrderLineId == orderLineId) ?? (Lines.Count == 1 ? Lines[0] : null);

    /// <summary>Says which order, and not whose.</summary>
    public override string ToString() => $"order {OrderId}, {OrderType}, {Lines.Count} lines";

    internal static OrderInfo Read(JsonElement info, string orderId)
    {
        var buyer = info.FindObject("buyerInfo");
        return new OrderInfo
        {
            OrderId = orderId,
            OrderType = info.FindText("orderType"),
            CustomerId = buyer?.FindText("customerId"),
            CustomerName = buyer?.FindText("customerName"),
            Lines = [.. info.FindObjects("orderLine").Select(OrderLine.Read)],
        };
    }
}

/// <summary>A line of an order.</summary>
internal sealed record OrderLine
{
    public string? OrderLineId { get; init; }

    /// <summary><c>PERIOD</c>, <c>ONE_TIME</c> …</summary>
    public string? ChargingMode { get; init; }

    /// <summary>The end of what was bought, 14 or 17 digits as they came; null = none.</summary>
    public string? ExpireTime { get; init; }

    /// <summary>The product that was bought: the first one of the line; null = none.</summary>
    public string? ProductId { get; init; }

    /// <summary>How many were bought, as it came; null = absent.</summary>
    public string? LinearValue { get; init; }

    /// <summary>The same as a number from 1 to 9,999,999; null = absent or unreadable.</summary>
    public int? Quantity =>
        decimal.TryParse(LinearValue, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
        && value is >= 1 and <= 9_999_999 && decimal.Truncate(value) == value
            ? (int)value
            : null;

    internal static OrderLine Read(JsonElement line)
    {
        var products = line.FindObjects("productInfo");
        JsonElement? product = products.Any() ? products.First() : null;
        return new OrderLine
        {
            OrderLineId = line.FindText("orderLineId"),
            ChargingMode = line.FindText("chargingMode"),
            ExpireTime = line.FindText("expireTime"),
            ProductId = product?.FindText("productId"),
            LinearValue = product?.FindText("linearValue"),
        };
    }
}
