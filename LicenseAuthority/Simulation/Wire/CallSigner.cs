using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace LicenseAuthority.Simulation.Wire;

/// <summary>Makes signed calls of the marketplace. Thread-safe.</summary>
/// <param name="accessKey">The account's.</param>
/// <param name="time">The marketplace's clock.</param>
internal sealed class CallSigner(string accessKey, TimeProvider time)
{
    /// <summary>A call of V1, with the time stamp of now.</summary>
    /// <param name="parameters">All but time stamp and token.</param>
    /// <param name="ahead">How far the marketplace's clock is ahead.</param>
    public MarketplaceRequest V1(IEnumerable<KeyValuePair<string, string>> parameters, TimeSpan ahead = default)
    {
        var stamp = (time.GetUtcNow() + ahead).ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture);
        List<KeyValuePair<string, string>> all = [.. parameters, new(AuthToken.TimeStamp, stamp)];
        return new MarketplaceRequest(Query([.. all, new(AuthToken.Parameter, AuthToken.Of(accessKey, all))]), Body: null);
    }

    /// <summary>A call of V2, with the time and a nonce of its own.</summary>
    /// <param name="body">What is posted.</param>
    /// <param name="ahead">How far the marketplace's clock is ahead.</param>
    /// <param name="nonce">Another nonce.</param>
    public MarketplaceRequest V2(JsonObject body, TimeSpan ahead = default, string? nonce = null)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        nonce ??= NewNonce();
        var timestamp = (time.GetUtcNow() + ahead).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return new MarketplaceRequest($"signature={BodySignature.Of(accessKey, nonce, timestamp, bytes)}&timestamp={timestamp}&nonce={nonce}", bytes);
    }

    /// <summary>A nonce that no call had before.</summary>
    public static string NewNonce() => RandomNumberGenerator.GetHexString(32);

    /// <summary>Parameters as a query.</summary>
    public static string Query(IEnumerable<KeyValuePair<string, string>> parameters) =>
        string.Join('&', parameters.Select(static each => $"{Uri.EscapeDataString(each.Key)}={Uri.EscapeDataString(each.Value)}"));
}
