using System.Globalization;
using System.Text.Json.Nodes;
using LicenseAuthority.Simulation.OpenApi;
using LicenseAuthority.Simulation.Wire;

namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>
/// A purchase of V2, and the calls that come of it (protocol sections 5 to 5j). Each is signed anew, with a nonce of its own; members stand in the order of
/// the alphabet, as the marketplace sends them.
/// </summary>
internal sealed record V2Order
{
    private readonly SimulationRun _run;

    public V2Order(SimulationRun run, DateTimeOffset? expiresAt)
    {
        _run = run;
        OrderId = run.NewOrderId();
        ExpiresAt = expiresAt is { } end ? V1Order.Cut(end) : null;
        IsTest = run.Test;
    }

    public string OrderId { get; init; }

    public string OrderLineId => OrderId + "-000001";

    /// <summary>In whole seconds; null = bought once and for all.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    public int Amount { get; init; } = 1;

    public string? ProductId { get; init; }

    public string OrderType { get; init; } = "NEW";

    /// <summary>Whether the calls say that they are a debug case.</summary>
    public bool IsTest { get; init; }

    /// <summary>The order as the open API has it.</summary>
    public SimulatedOrder Placed => new(OrderId, ProductId ?? _run.ProductId, _run.Now) { OrderType = OrderType, Amount = Amount, ExpiresAt = ExpiresAt };

    /// <summary>newInstance.</summary>
    public JsonObject New() => Body(("activity", "newInstance"), ("businessId", Guid.NewGuid().ToString()), ("orderId", OrderId), ("orderLineId", OrderLineId));

    /// <summary>queryInstance.</summary>
    public JsonObject Query(string? instanceId) => Body(("activity", "queryInstance"), ("instanceId", instanceId));

    /// <summary>refreshInstance. Its date has milliseconds, as the published examples have.</summary>
    public JsonObject Refresh(string? instanceId, string scene, DateTimeOffset expiresAt, string? orderId = null)
    {
        orderId ??= _run.NewOrderId();
        return Body(
            ("activity", "refreshInstance"), ("expireTime", SimulatedOrder.TimeOf(expiresAt) + "000"), ("instanceId", instanceId), ("orderId", orderId),
            ("orderLineId", orderId + "-000001"), ("productId", ProductId ?? _run.ProductId), ("scene", scene));
    }

    /// <summary>updateInstanceStatus.</summary>
    public JsonObject Status(string? instanceId, string status) => Body(("activity", "updateInstanceStatus"), ("instanceId", instanceId), ("status", status));

    /// <summary>releaseInstance; with the order of a refund, if there was one.</summary>
    public JsonObject Release(string? instanceId, string? refundId = null) => Body(
        ("activity", "releaseInstance"), ("instanceId", instanceId), ("orderId", refundId), ("orderLineId", refundId is null ? null : refundId + "-000001"));

    /// <summary>getLicenseAsync.</summary>
    public JsonObject License(string? instanceId, string eventId, string? device, DateTimeOffset startsAt, DateTimeOffset? endsAt) => Body(
        ("activity", "getLicenseAsync"), ("deviceFingerprint", device), ("effectiveTime", PeriodOf(startsAt)), ("eventId", eventId),
        ("expireTime", endsAt is { } end ? PeriodOf(end) : null), ("instanceId", instanceId));

    /// <summary>Signs a call, with the time of now.</summary>
    public MarketplaceRequest Sign(JsonObject body) => _run.Signer.V2(body);

    private JsonObject Body(params (string Name, string? Value)[] members) => CallBody.Of(IsTest, members);

    // With a blank and a small z: the spelling of the page.
    private static string PeriodOf(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'z'", CultureInfo.InvariantCulture);
}
