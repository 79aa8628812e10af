using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Simulation.Wire;

/// <summary>
/// How the marketplace signs a call of V1 (protocol section 1), written from its published rules. Nothing here comes from the door that checks it: a mistake in
/// code that both sides share would be seen by neither.
/// </summary>
internal static class AuthToken
{
    public const string Parameter = "authToken";
    public const string TimeStamp = "timeStamp";

    /// <summary>Base64 of HMAC-SHA256 over <c>name=value</c>, sorted by name and joined by <c>&amp;</c>; its key is the access key followed by the time stamp.</summary>
    /// <param name="accessKey">The account's.</param>
    /// <param name="parameters">All of the call, as they are before they are encoded for the address; the time stamp is among them.</param>
    public static string Of(string accessKey, IReadOnlyCollection<KeyValuePair<string, string>> parameters)
    {
        var lines = parameters.Where(static each => each.Key != Parameter).Select(static each => (each.Key, Line: each.Key + "=" + each.Value)).ToArray();
        Array.Sort(lines, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        var stamp = parameters.FirstOrDefault(static each => each.Key == TimeStamp).Value;
        using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(accessKey + stamp));
        return Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(string.Join("&", lines.Select(static each => each.Line)))));
    }
}
