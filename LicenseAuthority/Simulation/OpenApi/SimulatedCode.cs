using System.Text.Json.Nodes;

namespace LicenseAuthority.Simulation.OpenApi;

/// <summary>An authorisation code as the open API has it (protocol sections 4c and 4d). Its members may change while calls come.</summary>
/// <param name="text">The code.</param>
/// <param name="productId">What it is for.</param>
/// <param name="orderId">The order that it was bought with.</param>
internal sealed class SimulatedCode(string text, string productId, string orderId)
{
    private const string Success = "92020000";
    private const string NotReceived = "92020004";

    /// <summary>The code.</summary>
    public string Text => text;

    public int Amount { get; init; } = 1;

    /// <summary>The end that activate estimates; null = none.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The end that heartbeat knows; null = the estimate was right.</summary>
    public DateTimeOffset? KnownEnd { get; set; }

    /// <summary>ALIVE, EXPIRED or RELEASED.</summary>
    public string Status { get; set; } = "ALIVE";

    /// <summary>False: the buyer has not received it yet.</summary>
    public bool IsReceived { get; set; } = true;

    /// <summary>Whether the answer to the next activation is lost, and the activation is not.</summary>
    public bool LosesNextAnswer { get; set; }

    /// <summary>Null: it was not activated yet.</summary>
    public DateTimeOffset? ActivatedAt { get; private set; }

    /// <summary>The answer to activate; a second one is answered as the first.</summary>
    public JsonObject Activate(DateTimeOffset now)
    {
        if (!IsReceived)
        {
            return Refusal(NotReceived, "the code was not received by the user");
        }

        ActivatedAt ??= now;
        var info = new JsonObject { ["status"] = Status, ["product_id"] = productId, ["order_id"] = orderId, ["amount"] = Amount };
        if (ExpiresAt is { } end)
        {
            info["expire_time"] = SimulatedOrder.TimeOf(end);
        }

        // A text that is JSON, within JSON.
        return Answer(new JsonObject { ["license_code_info"] = info.ToJsonString() });
    }

    /// <summary>The answer to heartbeat.</summary>
    public JsonObject Show()
    {
        var data = new JsonObject { ["license_code"] = text, ["status"] = Status };
        if (ActivatedAt is { } at)
        {
            data["activate_time"] = SimulatedOrder.TimeOf(at);
        }

        if ((KnownEnd ?? ExpiresAt) is { } end)
        {
            data["expire_time"] = SimulatedOrder.TimeOf(end);
        }

        return Answer(data);
    }

    /// <summary>An answer that is none to the question.</summary>
    public static JsonObject Refusal(string code, string message) => new() { ["error_code"] = code, ["error_msg"] = message };

    /// <summary>Shows no code.</summary>
    public override string ToString() => $"code of order {orderId}, {Status}";

    private static JsonObject Answer(JsonObject data) => new() { ["error_code"] = Success, ["error_msg"] = "success", ["data"] = data };
}
