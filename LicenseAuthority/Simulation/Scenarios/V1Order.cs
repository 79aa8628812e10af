using System.Globalization;
using LicenseAuthority.Simulation.OpenApi;
using LicenseAuthority.Simulation.Wire;

namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>A purchase of V1, and the calls that come of it (protocol sections 3 to 3e). Each call is signed anew, with the time of now.</summary>
internal sealed record V1Order
{
    private readonly SimulationRun _run;

    public V1Order(SimulationRun run, DateTimeOffset? expiresAt)
    {
        _run = run;
        OrderId = run.NewOrderId();
        ExpiresAt = expiresAt is { } end ? Cut(end) : null;
        IsTest = run.Test;
    }

    public string OrderId { get; init; }

    /// <summary>In whole seconds; null = bought once and for all.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    public int Amount { get; init; } = 1;

    public string? ProductId { get; init; }

    public string CustomerName { get; init; } = "模拟客户 Simulated & Co. +1";

    /// <summary>Whether the calls say that they are a debug case, where they can.</summary>
    public bool IsTest { get; init; }

    /// <summary>An instant as the wire has it: whole seconds.</summary>
    public static DateTimeOffset Cut(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());

    /// <summary>The parameters of getLicense; the businessId is another one each time, as the marketplace has it.</summary>
    public List<KeyValuePair<string, string>> GetParameters()
    {
        List<KeyValuePair<string, string>> parameters =
        [
            new("activity", "getLicense"),
            new("customerId", "simulated-customer"),
            new("customerName", CustomerName),
            new("businessId", Guid.NewGuid().ToString()),
            new("orderId", OrderId),
            new("skuCode", "simulated-sku"),
            new("productId", ProductId ?? _run.ProductId),
            new("amount", Amount.ToString(CultureInfo.InvariantCulture)),
        ];
        parameters.AddRange(ExpiresAt is { } end
            ? [new("chargingMode", "1"), new("periodType", "year"), new("periodNumber", "1"), new("expireTime", SimulatedOrder.TimeOf(end))]
            : [new("chargingMode", "3")]);
        return [.. parameters, .. TestFlag()];
    }

    /// <summary>getLicense.</summary>
    public MarketplaceRequest Get(TimeSpan ahead = default) => _run.Signer.V1(GetParameters(), ahead);

    /// <summary>refreshLicense, of a new order unless told otherwise.</summary>
    public MarketplaceRequest Refresh(string? instanceId, DateTimeOffset expiresAt, string? orderId = null, TimeSpan ahead = default) => _run.Signer.V1(
        [
            new("activity", "refreshLicense"),
            new("orderId", orderId ?? _run.NewOrderId()),
            new("instanceId", instanceId ?? ""),
            new("productId", ProductId ?? _run.ProductId),
            new("expireTime", SimulatedOrder.TimeOf(expiresAt)),
        ],
        ahead);

    /// <summary>expireLicense.</summary>
    public MarketplaceRequest Expire(string? instanceId) => _run.Signer.V1(
        [new("activity", "expireLicense"), new("orderId", OrderId), new("instanceId", instanceId ?? ""), .. TestFlag()]);

    /// <summary>releaseLicense.</summary>
    public MarketplaceRequest Release(string? instanceId) => _run.Signer.V1(
        [new("activity", "releaseLicense"), new("orderId", OrderId), new("instanceId", instanceId ?? "")]);

    private KeyValuePair<string, string>[] TestFlag() => IsTest ? [new("testFlag", "1")] : [];
}
