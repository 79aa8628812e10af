using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Simulation.OpenApi;

/// <summary>
/// Checks how a seller signs calls of the open API (protocol section 12), written from the scheme's description: nothing here comes from the code that signs.
/// </summary>
internal static class AkSkCheck
{
    public const string AccessKeyId = "SIMULATEDAK000000001";
    public const string SecretAccessKey = "simulated-secret-not-for-production";

    private const string OfAccount = AccessKeyId + "-";

    private const string Scheme = "SDK-HMAC-SHA256";

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>The AK of an account: each has its own, as each has its own orders and codes.</summary>
    /// <param name="account">Its name; null = the default one.</param>
    public static string AccessKeyIdOf(string? account) => account is null ? AccessKeyId : OfAccount + account;

    /// <summary>The AK that a call is signed with; empty = none.</summary>
    public static string FindAccessKeyId(HttpRequest request) => FieldsOf(request.Headers.Authorization.ToString()).GetValueOrDefault("Access", "");

    /// <summary>What is wrong with a call's signature; null = nothing.</summary>
    /// <param name="request">The call.</param>
    /// <param name="body">Its body.</param>
    /// <param name="now">The time.</param>
    /// <param name="lapse">How much time may have been let pass while the call was on its way.</param>
    public static string? FindFault(HttpRequest request, byte[] body, DateTimeOffset now, TimeSpan lapse = default)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (!authorization.StartsWith(Scheme + " ", StringComparison.Ordinal))
        {
            return "it is not signed";
        }

        var fields = FieldsOf(authorization);
        var signedHeaders = fields.GetValueOrDefault("SignedHeaders", "");
        if (fields.GetValueOrDefault("Access", "") is not AccessKeyId and var other && !other.StartsWith(OfAccount, StringComparison.Ordinal))
        {
            return "its AK is not the simulator's";
        }

        var date = request.Headers["X-Sdk-Date"].ToString();
        if (!signedHeaders.Split(';').Contains("x-sdk-date")
            || !DateTimeOffset.TryParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var signedAt)
            || (signedAt - now).Duration() > Window + lapse)
        {
            return "its X-Sdk-Date is not of now";
        }

        var text = $"{Scheme}\n{date}\n{Hash(Encoding.UTF8.GetBytes(Canonical(request, signedHeaders, body)))}";
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(SecretAccessKey), Encoding.UTF8.GetBytes(text));
        return Convert.ToHexStringLower(mac) == fields.GetValueOrDefault("Signature") ? null : "its signature does not fit";
    }

    private static Dictionary<string, string> FieldsOf(string authorization) => authorization.StartsWith(Scheme, StringComparison.Ordinal)
        ? authorization[Scheme.Length..].Split(',').Select(static field => field.Trim().Split('=', 2)).Where(static field => field.Length == 2)
            .DistinctBy(static field => field[0]).ToDictionary(static field => field[0], static field => field[1])
        : [];

    private static string Canonical(HttpRequest request, string signedHeaders, byte[] body)
    {
        var path = string.Join('/', request.Path.Value!.Split('/').Select(Uri.EscapeDataString));
        var query = request.Query.SelectMany(static each => each.Value, static (each, value) => (each.Key, Value: value ?? ""))
            .OrderBy(static each => each.Key, StringComparer.Ordinal)
            .Select(static each => $"{Uri.EscapeDataString(each.Key)}={Uri.EscapeDataString(each.Value)}");
        var headers = signedHeaders.Split(';').Select(name => $"{name}:{request.Headers[name].ToString().Trim()}\n");
        return $"{request.Method}\n{path.TrimEnd('/')}/\n{string.Join('&', query)}\n{string.Concat(headers)}\n{signedHeaders}\n{Hash(body)}";
    }

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant();
}
