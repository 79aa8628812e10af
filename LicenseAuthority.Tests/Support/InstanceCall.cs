using System.Globalization;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The parameters of a V1 call on an instance that exists, not signed yet: valid by default, change one thing. Each has a time stamp of its own, as a
/// call that the marketplace makes anew. Immutable.
/// </summary>
internal sealed class InstanceCall
{
    private static int _calls;

    private readonly IReadOnlyList<KeyValuePair<string, string>> _parameters;

    private InstanceCall(IReadOnlyList<KeyValuePair<string, string>> parameters) => _parameters = parameters;

    /// <summary>In the order in which they are sent.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters => _parameters;

    /// <summary>A renewal, or the refund of one: a new order id each.</summary>
    public static InstanceCall Refresh(string instanceId, string orderId, DateTimeOffset expiresAt) =>
        Create("refreshLicense", orderId, instanceId).With("expireTime", Text(expiresAt));

    /// <summary>The term is over. The order is the purchase.</summary>
    public static InstanceCall Expire(string instanceId, string orderId) => Create("expireLicense", orderId, instanceId);

    /// <summary>Refunded, or not renewed in time. The order is the purchase.</summary>
    public static InstanceCall Release(string instanceId, string orderId) => Create("releaseLicense", orderId, instanceId);

    /// <summary>An instant as the marketplace writes it.</summary>
    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    /// <summary>A time stamp that no call had before.</summary>
    public static string NewTimeStamp() => $"20260601{Interlocked.Increment(ref _calls):D9}";

    /// <summary>Sets a parameter, in its place or at the end.</summary>
    public InstanceCall With(string name, string value) => _parameters.Any(parameter => parameter.Key == name)
        ? new InstanceCall([.. _parameters.Select(parameter => parameter.Key == name ? KeyValuePair.Create(name, value) : parameter)])
        : AndAlso(name, value);

    /// <summary>Adds a parameter at the end, be its name there already.</summary>
    public InstanceCall AndAlso(string name, string value) => new([.. _parameters, KeyValuePair.Create(name, value)]);

    public InstanceCall Without(string name) => new([.. _parameters.Where(parameter => parameter.Key != name)]);

    private static InstanceCall Create(string activity, string orderId, string instanceId) => new(
    [
        KeyValuePair.Create("activity", activity),
        KeyValuePair.Create("orderId", orderId),
        KeyValuePair.Create("instanceId", instanceId),
        KeyValuePair.Create("timeStamp", NewTimeStamp()),
    ]);
}
