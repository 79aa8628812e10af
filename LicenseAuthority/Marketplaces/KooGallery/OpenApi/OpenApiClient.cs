using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.Usage;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>
/// Calls the marketplace's open API: once, that is each host in order until one is reached. Who calls it tries again; here is no second layer of that.
/// Never throws for what the other side does. Thread-safe.
/// </summary>
internal sealed class OpenApiClient(OpenApiConnections connections, TimeProvider time)
{
    /// <summary>So much of an answer is read, in bytes; a longer one is no answer.</summary>
    public const int LongestAnswer = 64 * 1024;

    // A question may be asked at the next host as well, where there is time enough for each: one that takes it and says nothing must not be all that is tried.
    private static readonly TimeSpan ShortestShare = TimeSpan.FromSeconds(3);

    /// <summary>How deep an answer may be.</summary>
    private const int DeepestAnswer = 32;

    /// <summary>Asks for an order (protocol section 5i).</summary>
    /// <param name="access">Whose order.</param>
    /// <param name="orderId">The order, up to 64 characters.</param>
    /// <param name="orderLineId">Its line; null or empty = none is asked for.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception.</param>
    public async Task<OrderAnswer> QueryOrderAsync(
        OpenApiAccess access, string orderId, string? orderLineId, TimeSpan limit, CancellationToken cancellationToken)
    {
        List<KeyValuePair<string, string>> query = [new("orderId", orderId)];
        if (!string.IsNullOrEmpty(orderLineId))
        {
            query.Add(new("orderLineId", orderLineId));
        }

        var answer = await SendAsync(access, OpenApiRequest.Get(["v1", "order", "query"], query), limit, cancellationToken);
        return OrderAnswer.Of(answer, orderId);
    }

    /// <summary>Gives a license back that was asked for (protocol section 5c).</summary>
    /// <param name="access">Whose license.</param>
    /// <param name="upload">The license code, and for which event.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception.</param>
    public Task<OpenApiAnswer> UploadLicenseAsync(OpenApiAccess access, LicenseUpload upload, TimeSpan limit, CancellationToken cancellationToken) =>
        SendAsync(access, OpenApiRequest.PostParts(["v1", "market-event", upload.EventId, "file"], upload.ToBody()), limit, cancellationToken);

    /// <summary>Activates an authorisation code (protocol section 4c, v1), which cannot be undone.</summary>
    /// <inheritdoc cref="QueryCodeAsync"/>
    public Task<CodeAnswer> ActivateCodeAsync(OpenApiAccess access, MarketplaceCode code, TimeSpan limit, CancellationToken cancellationToken) =>
        SendCodeAsync(access, "activate", code, limit, cancellationToken);

    /// <summary>Asks how an authorisation code stands (protocol sections 4c and 4d, v1).</summary>
    /// <param name="access">Whose code.</param>
    /// <param name="code">The code.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception.</param>
    public Task<CodeAnswer> QueryCodeAsync(OpenApiAccess access, MarketplaceCode code, TimeSpan limit, CancellationToken cancellationToken) =>
        SendCodeAsync(access, "heartbeat", code, limit, cancellationToken);

    /// <summary>Reports how licenses were used on a day (protocol section 4e, v2).</summary>
    /// <param name="access">Whose licenses.</param>
    /// <param name="usages">At most 100 licenses with at most 100 entries each.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception.</param>
    public async Task<UsageAnswer> ReportUsageAsync(
        OpenApiAccess access, IReadOnlyList<LicenseUsage> usages, TimeSpan limit, CancellationToken cancellationToken) => UsageAnswer.Of(
        await SendAsync(access, OpenApiRequest.PostJson(["v2", "license", "software-usage-info"], UsageBody.Write(usages)), limit, cancellationToken), usages);

    /// <summary>Calls any part of the API.</summary>
    /// <param name="access">Who calls, and where.</param>
    /// <param name="request">What.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception.</param>
    public async Task<OpenApiAnswer> SendAsync(
        OpenApiAccess access, OpenApiRequest request, TimeSpan limit, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var hosts = access.Hosts;
        var credentials = access.Credentials ?? throw new InvalidOperationException("The account has no credentials: nothing is called for it.");
        for (var i = 0; ; i++)
        {
            var host = hosts[i];

            // Signed anew at every host: an instant too old is refused.
            using var message = request.ToMessage(host, credentials, time.GetUtcNow());
            using var share = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
            using var any = CancellationTokenSource.CreateLinkedTokenSource(either.Token, share.Token);
            try
            {
                var left = limit - time.GetElapsedTime(begun);
                var connectWithin = left > TimeSpan.Zero ? left / (hosts.Count - i) : TimeSpan.Zero;
                if (request.Method == HttpMethod.Get && i + 1 < hosts.Count && connectWithin >= ShortestShare)
                {
                    share.CancelAfter(connectWithin);
                }

                using var response = await connections.SendAsync(message, connectWithin, any.Token);
                var (length, body, error) = await ReadAsync(response, new EchoedSecrets(message, credentials), any.Token);
                return Judge(host, begun, (int)response.StatusCode, length, body, error);
            }
            catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException or IOException
                && share.IsCancellationRequested && !either.IsCancellationRequested)
            {
                // The next one: this one has had its share of the time.
            }
            catch (HttpRequestException exception) when (i + 1 < hosts.Count && OpenApiConnections.IsOutOfReach(exception) && !either.IsCancellationRequested)
            {
                // The next one.
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException && !either.IsCancellationRequested)
            {
                return exception is HttpRequestException failed
                    ? NoAnswer(host, begun, OpenApiConnections.Describe(failed)) with { IsOutOfReach = OpenApiConnections.IsOutOfReach(failed) }
                    : NoAnswer(host, begun, "the answer broke off");
            }
            catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException or IOException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return NoAnswer(host, begun, string.Create(CultureInfo.InvariantCulture, $"no answer within {limit.TotalSeconds:0.###} s")) with
                {
                    IsOutOfReach = message.Content is OpenApiContent { IsBegun: false },
                };
            }
        }
    }

    // A code has no character that JSON would escape.
    private async Task<CodeAnswer> SendCodeAsync(
        OpenApiAccess access, string action, MarketplaceCode code, TimeSpan limit, CancellationToken cancellationToken) => CodeAnswer.Of(
        await SendAsync(
            access, OpenApiRequest.PostJson(["v1", "license", action], Encoding.ASCII.GetBytes($$"""{"license":"{{code.Text}}"}""")), limit, cancellationToken),
        code);

    private OpenApiAnswer NoAnswer(Uri host, long begun, string error) => new() { Host = host.Authority, Duration = time.GetElapsedTime(begun), Error = error };

    private OpenApiAnswer Judge(Uri host, long begun, int status, int length, JsonElement? body, string? error)
    {
        var code = body?.FindText("error_code") ?? body?.FindText("resultCode");
        return new OpenApiAnswer
        {
            Host = host.Authority,
            Duration = time.GetElapsedTime(begun),
            Status = status,
            Length = length,
            Body = body,
            Code = code,
            Message = body?.FindText("error_msg") ?? body?.FindText("resultMsg"),
            Error = code is null ? string.Create(CultureInfo.InvariantCulture, $"HTTP {status}, {error ?? "and the answer has no code"}") : null,
        };
    }

    // Whatever the status is: refusals have their codes in the body as well.
    private static async Task<(int Length, JsonElement? Body, string? Error)> ReadAsync(
        HttpResponseMessage response, EchoedSecrets secrets, CancellationToken cancellationToken)
    {
        if ((int)response.StatusCode is >= 300 and < 400)
        {
            return (0, null, "and redirects are not followed");
        }

        var buffer = new byte[LongestAnswer + 1];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > LongestAnswer)
        {
            return (length, null, "and the answer is longer than 64 KiB");
        }

        secrets.Blot(buffer.AsSpan(0, length));

        // A message in another encoding is unreadable, and no reason to lose what else is said.
        var json = Utf8.IsValid(buffer.AsSpan(0, length)) ? buffer.AsMemory(0, length) : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(buffer, 0, length));
        try
        {
            using var document = JsonDocument.Parse(
                json, new JsonDocumentOptions { MaxDepth = DeepestAnswer, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return document.RootElement.ValueKind == JsonValueKind.Object ? (length, secrets.Blot(document.RootElement.Clone()), null) : (length, null, "and the answer is no JSON object");
        }
        catch (JsonException)
        {
            return (length, null, length == 0 ? "and the answer is empty" : "and the answer is no JSON");
        }
    }
}
