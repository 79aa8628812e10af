using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace LicenseAuthority.Tests.Support;

/// <summary>The body of a V2 call on an instance, not signed yet: valid by default, change one thing. Immutable.</summary>
internal sealed class V2Call
{
    private readonly IReadOnlyList<KeyValuePair<string, JsonNode?>> _members;

    private V2Call(IReadOnlyList<KeyValuePair<string, JsonNode?>> members) => _members = members;

    /// <summary>The body, in the order of its members.</summary>
    public byte[] Body => Encoding.UTF8.GetBytes(
        "{" + string.Join(',', _members.Select(member => $"{JsonValue.Create(member.Key).ToJsonString()}:{member.Value?.ToJsonString() ?? "null"}")) + "}");

    /// <summary>Any activity with any members.</summary>
    public static V2Call Of(string activity, params (string Name, JsonNode? Value)[] members) =>
        new([KeyValuePair.Create("activity", (JsonNode?)activity), .. members.Select(member => KeyValuePair.Create(member.Name, member.Value))]);

    /// <summary>A renewal or what else the scene says: a new order each.</summary>
    public static V2Call Refresh(string instanceId, DateTimeOffset expiresAt, string scene = "RENEWAL", string? orderId = null, string? orderLineId = null)
    {
        orderId ??= SoldLicense.NewOrderId();
        return Of(
            "refreshInstance", ("scene", scene), ("orderId", orderId), ("orderLineId", orderLineId ?? orderId + "-000001"), ("instanceId", instanceId),
            ("expireTime", InstanceCall.Text(expiresAt)));
    }

    /// <summary>FREEZE or UNFREEZE.</summary>
    public static V2Call Status(string instanceId, string status) => Of("updateInstanceStatus", ("instanceId", instanceId), ("status", status));

    /// <summary>Released, without a refund.</summary>
    public static V2Call Release(string instanceId) => Of("releaseInstance", ("instanceId", instanceId));

    /// <summary>A license for a device and a term, in the spelling of the page.</summary>
    public static V2Call License(string instanceId, string eventId, string fingerprint, DateTimeOffset startsAt, DateTimeOffset? endsAt)
    {
        var call = Of(
            "getLicenseAsync", ("instanceId", instanceId), ("eventId", eventId), ("deviceFingerprint", fingerprint), ("effectiveTime", TimeOf(startsAt)));
        return endsAt is { } end ? call.With("expireTime", TimeOf(end)) : call;
    }

    /// <summary>An instant as <see cref="License"/> has it.</summary>
    public static string TimeOf(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'z'", CultureInfo.InvariantCulture);

    /// <summary>Which of these are there?</summary>
    public static V2Call Query(params string[] instanceIds) => Of("queryInstance", ("instanceId", string.Join(',', instanceIds)));

    /// <summary>Sets a member, in its place or at the end.</summary>
    public V2Call With(string name, JsonNode? value) => _members.Any(member => member.Key == name)
        ? new V2Call([.. _members.Select(member => member.Key == name ? KeyValuePair.Create(name, value) : member)])
        : AndAlso(name, value);

    /// <summary>Adds a member at the end, be its name there already.</summary>
    public V2Call AndAlso(string name, JsonNode? value) => new([.. _members, KeyValuePair.Create(name, value)]);

    public V2Call Without(string name) => new([.. _members.Where(member => member.Key != name)]);
}
