using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>The signature <c>SDK-HMAC-SHA256</c> of a call to the open API (protocol section 12). Pure; thread-safe.</summary>
internal static class AkSkSignature
{
    /// <summary>When it was signed; always signed itself.</summary>
    public const string DateHeader = "X-Sdk-Date";

    /// <summary>How that header has the instant, in UTC.</summary>
    public const string DateFormat = "yyyyMMdd'T'HHmmss'Z'";

    private const string Algorithm = "SDK-HMAC-SHA256";

    /// <summary>The header <c>Authorization</c>.</summary>
    /// <param name="credentials">AK and SK.</param>
    /// <param name="method">The method, upper case.</param>
    /// <param name="path">The path as it is sent, percent-encoded.</param>
    /// <param name="query">The query as it is sent, percent-encoded and sorted by name; empty = none.</param>
    /// <param name="headers">Exactly the headers that are signed, names in any case; the date among them.</param>
    /// <param name="body">The bytes that are sent; empty = none.</param>
    public static string Authorization(
        OpenApiCredentials credentials, string method, string path, string query, IEnumerable<KeyValuePair<string, string>> headers, ReadOnlySpan<byte> body)
    {
        var signed = headers.Select(header => (Name: header.Key.ToLowerInvariant(), Value: header.Value.Trim()))
            .OrderBy(header => header.Name, StringComparer.Ordinal)
            .ToList();
        var names = string.Join(';', signed.Select(header => header.Name));
        var date = signed.Single(header => string.Equals(header.Name, DateHeader, StringComparison.OrdinalIgnoreCase)).Value;

        // The path ends with a slash, even if what is sent does not.
        var canonical = string.Join('\n', [
            method,
            path.EndsWith('/') ? path : path + "/",
            query,
            string.Concat(signed.Select(header => $"{header.Name}:{header.Value}\n")),
            names,
            Convert.ToHexStringLower(SHA256.HashData(body)),
        ]);
        var toSign = $"{Algorithm}\n{date}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(credentials.SecretAccessKey), Encoding.UTF8.GetBytes(toSign));
        return $"{Algorithm} Access={credentials.AccessKeyId}, SignedHeaders={names}, Signature={Convert.ToHexStringLower(signature)}";
    }
}
