using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The marketplace's side of the wire in V2, written from its published rules and apart from the service's code: signs calls, and checks of every answer what it
/// must always have. Thread-safe.
/// </summary>
internal sealed class V2Caller(HttpClient http, TimeProvider time, string accessKey, string? account = null)
{
    private static int _nonces;

    private string Path => account is null ? MarketplaceCaller.Path : $"{MarketplaceCaller.Path}/{account}";

    /// <summary>Signs and sends; the answer must be signed with the same key.</summary>
    public Task<MarketplaceReply> SendAsync(V2Call call) => SendAsync(call.Body);

    /// <summary>Signs a body and sends it, with a nonce of its own unless told otherwise.</summary>
    public Task<MarketplaceReply> SendAsync(byte[] body, string? nonce = null, string? contentType = "application/json;charset=utf8") =>
        SendRawAsync(SignedQuery(body, nonce), body, contentType);

    /// <summary>Sends what is given, character by character; the answer must be signed with <paramref name="answerKey"/>, or with this caller's key.</summary>
    public async Task<MarketplaceReply> SendRawAsync(
        string query, byte[] body, string? contentType = "application/json;charset=utf8", string? answerKey = null, params (string Name, string Value)[] headers)
    {
        var address = new Uri($"{http.BaseAddress!.AbsoluteUri.TrimEnd('/')}{Path}?{query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        if (contentType is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        return await MarketplaceReply.ReadAsync(response, answerKey ?? accessKey);
    }

    /// <summary>The query of a call at this moment.</summary>
    public string SignedQuery(byte[] body, string? nonce = null, string? timestamp = null)
    {
        nonce ??= NewNonce();
        timestamp ??= TimestampOf(time.GetUtcNow());
        return $"signature={Sign(body, nonce, timestamp)}&timestamp={timestamp}&nonce={nonce}";
    }

    /// <summary>Upper-case hex over the access key, the nonce, the timestamp and the lower-case hex over the raw body, with the access key as the key of both.</summary>
    public string Sign(byte[] body, string nonce, string timestamp)
    {
        var key = Encoding.UTF8.GetBytes(accessKey);
        var inner = Convert.ToHexStringLower(HMACSHA256.HashData(key, body));
        return Convert.ToHexString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(accessKey + nonce + timestamp + inner)));
    }

    /// <summary>An instant as the marketplace writes it: 13 digits.</summary>
    public static string TimestampOf(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>A nonce that no call had before.</summary>
    public static string NewNonce() => $"NONCE{Interlocked.Increment(ref _nonces):D27}";
}
