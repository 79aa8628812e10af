using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Licensing;

/// <summary>
/// What makes a call on a license the same call again, within one round of the license. Kept as a hash, since a key may be made of an
/// authentication token.
/// </summary>
/// <param name="Hash">SHA-256 over the kind and the parts.</param>
/// <param name="OnlySuccess">True if only an answer of success is remembered under this key.</param>
internal sealed record CallKey(byte[] Hash, bool OnlySuccess)
{
    /// <summary>A renewal or refund: the same scene, order and new expiry, however often and in whatever request it comes.</summary>
    /// <param name="scene">What for, in a word of the marketplace's adapter that never changes.</param>
    /// <param name="orderId">The order.</param>
    /// <param name="orderLineId">Its line, or empty.</param>
    /// <param name="expiresAt">The new expiry.</param>
    public static CallKey Renewal(string scene, string orderId, string orderLineId, DateTimeOffset expiresAt) =>
        Create(onlySuccess: false, "renewal", scene, orderId, orderLineId, Seconds(expiresAt));

    /// <summary>The same signed request again, byte for byte, known by its token.</summary>
    public static CallKey SignedRequest(string token) => Create(onlySuccess: true, "request", token);

    /// <summary>A known order with other content than the first time.</summary>
    public static CallKey OrderContent(OrderKey order, int quantity, DateTimeOffset? expiresAt) => Create(
        onlySuccess: false, "order", order.OrderId, order.OrderLineId, order.MarketplaceProductId,
        quantity.ToString(CultureInfo.InvariantCulture), expiresAt is { } instant ? Seconds(instant) : "");

    private static string Seconds(DateTimeOffset instant) => instant.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    // A zero byte cannot stand in any part (the doors refuse it), so no two lists of parts give the same bytes.
    private static CallKey Create(bool onlySuccess, params string[] parts) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))), onlySuccess);
}
