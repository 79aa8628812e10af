using System.Globalization;
using System.Net;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>A call to the open API as it is sent to any of its hosts. Immutable; thread-safe.</summary>
internal sealed class OpenApiRequest
{
    private const string JsonType = "application/json";

    private const int ShortAnswer = 64 * 1024;

    // Everything of the open API that is called lies below it (protocol sections 4c, 5c and 5i).
    private static readonly string[] Root = ["api", "mkp-openapi-public", "global"];

    private OpenApiRequest(HttpMethod method, IEnumerable<string> segments, IEnumerable<KeyValuePair<string, string>> query, byte[] body, string? contentType)
    {
        Method = method;
        Path = "/" + string.Join('/', Root.Concat(segments).Select(Encode));
        Query = string.Join('&', query.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{Encode(pair.Key)}={Encode(pair.Value)}"));
        Body = body;
        ContentType = contentType;
    }

    public HttpMethod Method { get; }

    /// <summary>Percent-encoded, without an end of <c>/</c>.</summary>
    public string Path { get; }

    /// <summary>Percent-encoded and sorted, without a question mark; empty = none.</summary>
    public string Query { get; }

    /// <summary>The bytes that are sent; empty = none.</summary>
    public byte[] Body { get; }

    /// <summary>The body's type; null = there is no body.</summary>
    public string? ContentType { get; }

    /// <summary>So much of an answer is read, in bytes; a longer one is no answer.</summary>
    public int LongestAnswer { get; private init; } = ShortAnswer;

    // What is not sent is not signed; the gateway makes the boundary's header anew, so it is left out of the signature (protocol section 12).
    private bool SignsContentType => ContentType is not null && !ContentType.StartsWith("multipart/", StringComparison.Ordinal);

    /// <summary>A call without a body.</summary>
    public static OpenApiRequest Get(IEnumerable<string> segments, params IEnumerable<KeyValuePair<string, string>> query) =>
        new(HttpMethod.Get, segments, query, [], null);

    /// <summary>A call with a JSON body, sent as it is.</summary>
    public static OpenApiRequest PostJson(IEnumerable<string> segments, byte[] json, int longestAnswer = ShortAnswer) =>
        new(HttpMethod.Post, segments, [], json, JsonType) { LongestAnswer = longestAnswer };

    /// <summary>A call with a body of parts.</summary>
    public static OpenApiRequest PostParts(IEnumerable<string> segments, MultipartBody body) => new(HttpMethod.Post, segments, [], body.Bytes, body.ContentType);

    /// <summary>The request to one host, signed at this instant.</summary>
    public HttpRequestMessage ToMessage(Uri host, OpenApiCredentials credentials, DateTimeOffset now)
    {
        var date = now.UtcDateTime.ToString(AkSkSignature.DateFormat, CultureInfo.InvariantCulture);
        var hostHeader = host.Authority;
        var headers = new List<KeyValuePair<string, string>> { new("host", hostHeader), new(AkSkSignature.DateHeader, date) };
        if (SignsContentType)
        {
            headers.Add(new("content-type", ContentType!));
        }

        // As it is signed, so it is sent: no segment is taken for a step up.
        var uri = new Uri(
            host.GetLeftPart(UriPartial.Authority) + Path + (Query.Length == 0 ? "" : "?" + Query),
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(Method, uri);
        message.Headers.Host = hostHeader;
        message.Headers.TryAddWithoutValidation(AkSkSignature.DateHeader, date);
        message.Headers.TryAddWithoutValidation("Authorization", AkSkSignature.Authorization(credentials, Method.Method, Path, Query, headers, Body));
        message.Headers.TryAddWithoutValidation("User-Agent", "LicenseAuthority");
        if (ContentType is not null)
        {
            message.Content = new OpenApiContent(Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }

        return message;
    }

    /// <summary>Says which call, and nothing of its content.</summary>
    public override string ToString() => $"{Method} {Path}";

    private static string Encode(string text) => Uri.EscapeDataString(text);
}

/// <summary>A body that knows whether anything of it was sent, which begins only once somebody is connected.</summary>
internal sealed class OpenApiContent(byte[] body) : ByteArrayContent(body)
{
    private volatile bool _isBegun;

    /// <summary>False = nobody has read anything of it.</summary>
    public bool IsBegun => _isBegun;

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _isBegun = true;
        return base.SerializeToStreamAsync(stream, context, cancellationToken);
    }
}
