using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The marketplace's side of the wire, written from its published rules and apart from the service's code: signs calls, and checks of every answer
/// what it must always have. Thread-safe.
/// </summary>
internal sealed class MarketplaceCaller(HttpClient http, string accessKey, string? account = null)
{
    public const string Path = "/marketplace/koogallery";

    private string PathOfAccount => account is null ? Path : $"{Path}/{account}";

    /// <summary>Signs and sends; the answer must be signed with the same key.</summary>
    public Task<MarketplaceReply> SendAsync(GetLicenseCall call) => SendRawAsync(SignedQuery(call.Parameters));

    /// <summary>Signs and sends a call on an instance; the answer must be signed with the same key.</summary>
    public Task<MarketplaceReply> SendAsync(InstanceCall call) => SendRawAsync(SignedQuery(call.Parameters));

    /// <summary>Sends a query just as it is, character by character; the answer must be signed with <paramref name="answerKey"/>, or with this caller's key.</summary>
    public async Task<MarketplaceReply> SendRawAsync(string query, string? answerKey = null)
    {
        // Without canonicalization, the class Uri would repair what is wrong on purpose.
        var address = new Uri($"{http.BaseAddress!.AbsoluteUri.TrimEnd('/')}{PathOfAccount}?{query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var response = await http.GetAsync(address);
        return await MarketplaceReply.ReadAsync(response, answerKey ?? accessKey);
    }

    /// <summary>The query with its token, percent-encoded.</summary>
    public string SignedQuery(IReadOnlyList<KeyValuePair<string, string>> parameters) =>
        Encode([.. parameters, KeyValuePair.Create("authToken", Token(parameters))]);

    /// <summary>Base64 of HMAC-SHA256 with the key accessKey ‖ timeStamp over the sorted, decoded parameters; of a repeated one the first.</summary>
    public string Token(IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
        {
            sorted.TryAdd(name, value);
        }

        sorted.Remove("authToken");
        var data = string.Join('&', sorted.Select(parameter => parameter.Key + "=" + parameter.Value));
        return Mac(accessKey + sorted.GetValueOrDefault("timeStamp"), Encoding.UTF8.GetBytes(data));
    }

    public static string Encode(IEnumerable<KeyValuePair<string, string>> parameters) =>
        string.Join('&', parameters.Select(parameter => Uri.EscapeDataString(parameter.Key) + "=" + Uri.EscapeDataString(parameter.Value)));

    /// <summary>Base64 of HMAC-SHA256.</summary>
    public static string Mac(string key, byte[] data) => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), data));
}
