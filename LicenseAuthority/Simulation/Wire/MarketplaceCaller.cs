using System.Net.Http.Headers;

namespace LicenseAuthority.Simulation.Wire;

/// <summary>Sends signed calls to a production address. Thread-safe.</summary>
/// <param name="http">Follows no redirects.</param>
/// <param name="address">The production address.</param>
/// <param name="accessKey">What answers are signed with.</param>
internal sealed class MarketplaceCaller(HttpClient http, Uri address, string accessKey)
{
    // The marketplace has given up long before; a service that hangs must not hang the simulator.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>The production address.</summary>
    public Uri Address => address;

    /// <summary>Sends a call. That no answer came is told by <see cref="Reply.Faults"/>.</summary>
    public async Task<Reply> SendAsync(MarketplaceRequest request)
    {
        try
        {
            return await TrySendAsync(request);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return Reply.None(exception is OperationCanceledException ? $"within {Longest.TotalSeconds} s" : exception.Message);
        }
    }

    /// <summary>As <see cref="SendAsync"/>, and throws <see cref="HttpRequestException"/> or <see cref="OperationCanceledException"/> when no answer came.</summary>
    public async Task<Reply> TrySendAsync(MarketplaceRequest request)
    {
        // The class Uri would repair what is wrong on purpose.
        var full = new Uri($"{address.AbsoluteUri}?{request.Query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var message = new HttpRequestMessage(request.Body is null ? HttpMethod.Get : HttpMethod.Post, full);
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json;charset=utf8");
        }

        using var end = new CancellationTokenSource(Longest);
        var startedAt = TimeProvider.System.GetTimestamp();
        using var response = await http.SendAsync(message, end.Token);
        var body = await response.Content.ReadAsByteArrayAsync(end.Token);
        var took = TimeProvider.System.GetElapsedTime(startedAt);
        var bodySign = response.Headers.TryGetValues("Body-Sign", out var values) ? string.Join(", ", values) : null;
        return Reply.Read(response.StatusCode, bodySign, body, took, accessKey);
    }
}
