using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>
/// The way out to the open API. Its hosts stand in the settings, so no address is refused; certificates are checked by the system's roots, without exception.
/// No proxy, no redirects. Thread-safe.
/// </summary>
internal sealed class OpenApiConnections(TimeProvider time) : IDisposable
{
    /// <summary>How long a connection may take, TCP as well as TLS. Shorter where a request says so.</summary>
    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(10);

    private static readonly HttpRequestOptionsKey<TimeSpan> ConnectWithin = new("LicenseAuthority.ConnectWithin");

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

        // The callback's own, which says for each host how long.
        ConnectTimeout = Timeout.InfiniteTimeSpan,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context, time, cancellationToken),
    })
    {
        // The client's own, by the service's clock.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Sends, and returns when the headers of the answer are there.</summary>
    /// <param name="request">The request.</param>
    /// <param name="connectWithin">How long a new connection may take before the host counts as out of reach.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HttpRequestException">There was no answer.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TimeSpan connectWithin, CancellationToken cancellationToken)
    {
        request.Options.Set(ConnectWithin, connectWithin);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Whether the host was not even reached, so that the next one may be tried: nothing of the request was read by anybody.</summary>
    public static bool IsOutOfReach(HttpRequestException exception) =>
        exception.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
        || exception.InnerException is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData };

    /// <summary>Why there was no answer, for operators: the exceptions' own words have more in them than they need.</summary>
    public static string Describe(HttpRequestException exception) => exception switch
    {
        { HttpRequestError: HttpRequestError.NameResolutionError }
            or { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } } => "the name cannot be resolved",
        { HttpRequestError: HttpRequestError.SecureConnectionError } or { InnerException: AuthenticationException } => "TLS failed; the certificate must be one that this system trusts",
        { HttpRequestError: HttpRequestError.ConnectionError } or { InnerException: SocketException } => "no connection",
        _ => "the connection broke, or the answer was no HTTP",
    };

    // A host whose packets are swallowed, or that is silent in the handshake, must leave time for the next one. So TLS is done here as well: the handler takes a
    // stream that has it as it is. Certificates are checked as it would check them.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, TimeProvider time, CancellationToken cancellationToken)
    {
        var within = context.InitialRequestMessage.Options.TryGetValue(ConnectWithin, out var asked) && asked < LongestConnect ? asked : LongestConnect;
        using var timeout = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, either.Token);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttps)
            {
                var secure = new SslStream(stream);
                stream = secure;
                await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = context.DnsEndPoint.Host }, either.Token);
            }

            return stream;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Close();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            Close();
            throw;
        }

        void Close()
        {
            stream?.Dispose();
            socket.Dispose();
        }
    }
}
