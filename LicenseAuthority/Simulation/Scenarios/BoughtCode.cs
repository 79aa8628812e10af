using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LicenseAuthority.Simulation.OpenApi;
using LicenseAuthority.Simulation.Wire;

namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>An authorisation code that somebody has bought, and the call-backs that come of it (protocol sections 4 and 4b). Each is signed anew.</summary>
internal sealed class BoughtCode
{
    private readonly SimulationRun _run;

    /// <param name="run">The run.</param>
    /// <param name="expiresAt">The end of the term, in whole seconds once it is here.</param>
    /// <param name="amount">How many devices it is for.</param>
    /// <param name="isTest">Whether calls say that they are a debug case.</param>
    public BoughtCode(SimulationRun run, DateTimeOffset expiresAt, int amount, bool isTest)
    {
        _run = run;
        IsTest = isTest;
        ExpiresAt = V1Order.Cut(expiresAt);
        Text = "PLSIM" + RandomNumberGenerator.GetHexString(32);

        // What a debug order has brought is a test license.
        OrderId = isTest ? "MOCKPERIODYEARNEW" : run.NewOrderId();
        AtTheMarketplace = new SimulatedCode(Text, run.ProductId, OrderId) { Amount = amount, ExpiresAt = ExpiresAt };
    }

    /// <summary>The code: a secret of the buyer, as far as it is a real one.</summary>
    public string Text { get; }

    public string OrderId { get; }

    public DateTimeOffset ExpiresAt { get; }

    public bool IsTest { get; }

    /// <summary>How the open API has it.</summary>
    public SimulatedCode AtTheMarketplace { get; }

    /// <summary>refreshLicenseCode.</summary>
    public JsonObject Refresh(string scene, DateTimeOffset expiresAt, string? orderId = null)
    {
        orderId ??= _run.NewOrderId();
        return Body(
            ("activity", "refreshLicenseCode"), ("expireTime", SimulatedOrder.TimeOf(expiresAt)), ("license", Text), ("orderId", orderId),
            ("orderLineId", orderId + "-000001"), ("productId", _run.ProductId), ("scene", scene));
    }

    /// <summary>updateLicenseCodeStatus.</summary>
    public JsonObject Status(string status) => Body(("activity", "updateLicenseCodeStatus"), ("license", Text), ("status", status));

    /// <summary>releaseLicenseCode; with the order of a refund, if there was one.</summary>
    public JsonObject Release(string? refundId = null) => Body(
        ("activity", "releaseLicenseCode"), ("license", Text), ("orderId", refundId), ("orderLineId", refundId is null ? null : refundId + "-000001"));

    /// <summary>Signs a call, with the time of now.</summary>
    public MarketplaceRequest Sign(JsonObject body) => _run.Signer.V2(body);

    /// <summary>Shows no code.</summary>
    public override string ToString() => $"code of order {OrderId}";

    private JsonObject Body(params (string Name, string? Value)[] members) => CallBody.Of(IsTest, members);
}
