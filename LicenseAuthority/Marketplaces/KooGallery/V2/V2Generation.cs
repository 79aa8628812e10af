using System.Globalization;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Clock;
using LicenseAuthority.Doors;
using LicenseAuthority.Licensing;
using Microsoft.Net.Http.Headers;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>License V2: POST, a JSON body, <c>signature</c>, <c>timestamp</c> and <c>nonce</c> in the query (protocol section 2b).</summary>
internal sealed class V2Generation(AnsweredNonces nonces, SteadyTime time) : IGeneration
{
    /// <summary>The largest body, in bytes.</summary>
    public const int LargestBody = 64 * 1024;

    /// <summary>How far a call's time may be from ours, in the past or ahead.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private const string SignatureParameter = "signature";
    private const string TimestampParameter = "timestamp";
    private const string NonceParameter = "nonce";

    // Longer ones are not the marketplace's; its own have 16 to 64 characters.
    private const int LongestNonce = 256;

    // Others are nobody's business here, as often as they come.
    private static readonly string[] QueryParameters = [SignatureParameter, TimestampParameter, NonceParameter];

    private static readonly string[] KitHeaders = ["authToken", "x-sign"];

    /// <inheritdoc/>
    public string Method => HttpMethods.Post;

    /// <inheritdoc/>
    public string Name => "License V2";

    /// <inheritdoc/>
    public async ValueTask<ReadCall> ReadAsync(HttpRequest request, SellerAccount account, CancellationToken cancellationToken)
    {
        if (Array.Exists(KitHeaders, request.Headers.ContainsKey))
        {
            return MarketplaceAnswer.BadParameter("calls of the Kit interfaces (header authToken or x-sign), such as tenantSync, are not served here");
        }

        if (!MarketplaceQuery.TryParse(request.QueryString.Value, out var query, out var problem))
        {
            return MarketplaceAnswer.BadParameter(problem);
        }

        if (FindFault(query) is { } fault)
        {
            return NotAuthenticated(fault);
        }

        var (body, unreadable) = await ReadBodyAsync(request, cancellationToken);
        if (unreadable is not null)
        {
            return MarketplaceAnswer.BadParameter(unreadable);
        }

        var (nonce, timestamp) = (query.Find(NonceParameter)!, query.Find(TimestampParameter)!);
        if (V2Signature.FindKey(account.AccessKeys, query.Find(SignatureParameter)!, nonce, timestamp, body.Span) is not { } key)
        {
            return NotAuthenticated("signature does not fit nonce, timestamp and body") with { Said = ReadSaid(query, body) };
        }

        // The caller is known, so its time may prove ours after a jump of the clock, before it is compared with it: else no call could for as long as that is in doubt.
        var calledAt = ReadTimestamp(timestamp)!.Value;
        time.Prove(calledAt);
        var now = time.GetUtcNow();
        return (now - calledAt).Duration() > Window
            ? NotAuthenticated(string.Create(
                CultureInfo.InvariantCulture, $"the parameter {TimestampParameter} is more than {Window.TotalSeconds} s from the time here")) with
            {
                Said = ReadSaid(query, body),
            }
            : Read(request, account, key, body, new CallNonce(account.Name, SHA256.HashData(Encoding.UTF8.GetBytes(nonce)), SHA256.HashData(body.Span), now));
    }

    /// <inheritdoc/>
    public Task<MarketplaceAnswer> AnswerOnceAsync(MarketplaceCall call, Func<Task<MarketplaceAnswer>> serve, CancellationToken cancellationToken) =>
        nonces.AnswerOnceAsync(call.Nonce!, serve, cancellationToken);

    private static ReadCall NotAuthenticated(string reason) => new MarketplaceAnswer(ResultCode.AuthenticationFailed, $"authentication failed: {reason}");

    // Only what has the form of a signature is worth reading the body for.
    private static JsonParameters? ReadSaid(MarketplaceQuery query, ReadOnlyMemory<byte> body) =>
        V2Signature.HasForm(query.Find(SignatureParameter)!) && JsonParameters.TryParse(body, out var said, out _) ? said : null;

    // Who calls is known; what is wrong from here on is told to the caller and answered once.
    private static MarketplaceCall Read(HttpRequest request, SellerAccount account, AccessKey key, ReadOnlyMemory<byte> body, CallNonce nonce)
    {
        var parameters = JsonParameters.None;
        string? problem = null;
        if (!IsJson(request))
        {
            problem = "the header Content-Type must be application/json";
        }
        else if (!JsonParameters.TryParse(body, out parameters, out var fault))
        {
            problem = fault;
        }

        return new MarketplaceCall(account, key, parameters) { Problem = problem, Nonce = nonce };
    }

    // Before the body is read: nothing is worth that for a call that cannot be good.
    private static string? FindFault(MarketplaceQuery query)
    {
        if (QueryParameters.FirstOrDefault(query.IsRepeated) is { } repeated)
        {
            return $"the parameter {repeated} comes more than once";
        }

        if (QueryParameters.FirstOrDefault(name => string.IsNullOrEmpty(query.Find(name))) is { } missing)
        {
            return $"the parameter {missing} is missing";
        }

        if (query.Find(NonceParameter)!.Length > LongestNonce)
        {
            return $"the parameter {NonceParameter} has more than {LongestNonce} characters";
        }

        return ReadTimestamp(query.Find(TimestampParameter)!) is null ? $"the parameter {TimestampParameter} must be milliseconds since 1970, with 13 digits" : null;
    }

    // Milliseconds; ten digits are seconds, as some of the published tables say.
    private static DateTimeOffset? ReadTimestamp(string text) =>
        text.Length is 10 or 13 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? DateTimeOffset.FromUnixTimeMilliseconds(text.Length == 10 ? number * 1000 : number)
            : null;

    // The charset does not count: what comes is "utf8", which .NET does not know, and the body is UTF-8 whatever it is called.
    private static bool IsJson(HttpRequest request) =>
        string.IsNullOrEmpty(request.ContentType)
        || (MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase));

    private static async ValueTask<(ReadOnlyMemory<byte> Body, string? Problem)> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > LargestBody)
        {
            return (default, $"the body has more than {LargestBody} bytes");
        }

        SlowBodies.Refuse(request.HttpContext);
        var body = new byte[(int)(request.ContentLength ?? LargestBody) + 1];
        try
        {
            var length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
            return length > LargestBody ? (default, $"the body has more than {LargestBody} bytes") : (body.AsMemory(0, length), null);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // BadHttpRequestException among them: it came too slowly, or not to its end. Nobody is at fault here.
            return (default, "the body did not come to its end");
        }
    }
}
