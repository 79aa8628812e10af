using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Webhooks;

/// <summary>
/// The way out for webhooks. A webhook's URL comes from somebody else, and this machine reaches more than they may: so the address is judged when it is
/// connected to, after the name was resolved, and exactly that address is connected to. No proxy, which would resolve the name itself; no redirects.
/// </summary>
internal sealed class WebhookConnections(IOptions<WebhookOptions> options) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 16,

        // What is left of a body is not read to the end: the connection is closed.
        MaxResponseDrainSize = 0,

        // Names may come to mean another address.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = (context, cancellationToken) =>
            ConnectAsync(context.DnsEndPoint, options.Value.AllowPrivateAddresses, cancellationToken),
    })
    {
        // The sender's own, by the service's clock.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Sends, and returns when the headers of the answer are there.</summary>
    /// <exception cref="HttpRequestException">There was no answer; <see cref="WebhookAddressException"/> inside when the address is not allowed.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>The addresses that may be connected to.</summary>
    /// <exception cref="WebhookAddressException">None of them.</exception>
    public static IPAddress[] Choose(IPAddress[] addresses, bool allowPrivateAddresses)
    {
        var allowed = allowPrivateAddresses ? addresses : Array.FindAll(addresses, GlobalAddress.Is);
        return allowed.Length > 0 ? allowed : throw new WebhookAddressException();
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint endPoint, bool allowPrivateAddresses, CancellationToken cancellationToken)
    {
        var addresses = Choose(await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken), allowPrivateAddresses);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, endPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>A webhook's name has no address that is public.</summary>
internal sealed class WebhookAddressException() : Exception("the address is not public");
