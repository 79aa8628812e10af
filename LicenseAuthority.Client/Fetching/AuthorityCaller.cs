using System.Net.Http.Headers;
using System.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client.Fetching;

/// <summary>
/// Speaks HTTP to an authority. Whatever comes back, or does not, is an answer: no exception, nothing from elsewhere, never more than a limit is read. Thread-safe.
/// </summary>
internal sealed class AuthorityCaller(HttpClient? given, TimeProvider time)
{
    private const string Refreshes = "licensee/v1/refresh";
    private const string Activations = "licensee/v1/activations";

    // A list as long as can be, with a code and what else there is.
    private const int LongestAnswer = StatusListReader.MaximumLength + (64 * 1024);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // For all guards of the process: the host's own one, where it has a proxy or certificates.
    private static readonly Lazy<HttpClient> Shared = new(static () => new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }));

    /// <summary>Asks for the newest code of the binding of a code, and for its list if that is newer than <paramref name="sequence"/>.</summary>
    public Task<AuthorityAnswer> RefreshAsync(LicenseCode code, long? sequence, CancellationToken cancellationToken) =>
        OriginRule.TryResolve(code.Issuer, Refreshes, out var address)
            ? SendAsync(HttpMethod.Post, address!, code.GetText(), sequence is { } number ? FormattableString.Invariant($"{{\"seq\":{number}}}") : "{}", cancellationToken)
            : Task.FromResult(AuthorityAnswer.None("unsafe-address"));

    /// <summary>Asks for a place for a device.</summary>
    public Task<AuthorityAnswer> ActivateAsync(LicenseCode code, string body, CancellationToken cancellationToken) =>
        OriginRule.TryResolve(code.Issuer, Activations, out var address)
            ? SendAsync(HttpMethod.Post, address!, null, body, cancellationToken)
            : Task.FromResult(AuthorityAnswer.None("unsafe-address"));

    /// <summary>Gives up a place.</summary>
    public Task<AuthorityAnswer> FreeAsync(LicenseCode code, string activationId, CancellationToken cancellationToken) =>
        OriginRule.TryResolve(code.Issuer, Activations + "/" + Uri.EscapeDataString(activationId), out var address)
            ? SendAsync(HttpMethod.Delete, address!, code.GetText(), null, cancellationToken)
            : Task.FromResult(AuthorityAnswer.None("unsafe-address"));

    /// <summary>Asks for the status list that a code names, at its issuer or at a mirror.</summary>
    public Task<AuthorityAnswer> GetListAsync(LicenseCode code, string? mirror, CancellationToken cancellationToken) =>
        code.StatusListUri is { } uri
        && OriginRule.TryGetPathBelow(code.Issuer, uri, out var path)
        && OriginRule.TryResolve(mirror ?? code.Issuer, path, out var address)
            ? SendAsync(HttpMethod.Get, address!, null, null, cancellationToken)
            : Task.FromResult(AuthorityAnswer.None("unsafe-address"));

    private async Task<AuthorityAnswer> SendAsync(HttpMethod method, Uri address, string? credential, string? body, CancellationToken cancellationToken)
    {
#if NET
        using var patience = new CancellationTokenSource(Patience, time);
#else
        using var patience = new CancellationTokenSource(Patience);
#endif
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(method, address);
            request.Headers.Authorization = credential is null ? null : new AuthenticationHeaderValue("Bearer", credential);
            request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");

            // A client of the host's own may not listen to the token, and a server may send headers and then nothing: who waits for it is let go all the same.
            var sending = SendAsync(given ?? Shared.Value, request, both.Token);
            var gone = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            using (both.Token.Register(() => gone.TrySetResult(true)))
            {
                if (await Task.WhenAny(sending, gone.Task).ConfigureAwait(false) != sending)
                {
                    _ = sending.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                    return AuthorityAnswer.None(cancellationToken.IsCancellationRequested ? "canceled" : "timeout");
                }
            }

            return await sending.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever stands between here and there, the host's own handlers too: it could not be reached.
        catch (Exception)
#pragma warning restore CA1031
        {
            return AuthorityAnswer.None(
                cancellationToken.IsCancellationRequested ? "canceled" : patience.IsCancellationRequested ? "timeout" : "unreachable");
        }
    }

    private async Task<AuthorityAnswer> SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!;
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.RequestMessage?.RequestUri is { } from && !OriginRule.IsSameOrigin(address, from))
        {
            return AuthorityAnswer.None("redirected");
        }

        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
        {
            return AuthorityAnswer.None("redirected");
        }

        return await ReadAsync(response, cancellationToken).ConfigureAwait(false) is { } bytes
            ? AuthorityAnswer.Of(status, RetryAfter(response), bytes)
            : AuthorityAnswer.None("bad-answer");
    }

    // Null: it is longer than any answer.
    private static async Task<byte[]?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content is null)
        {
            return [];
        }

#if NET
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
#else
        using var stream = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
#endif
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
#if NET
            var read = await stream.ReadAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
#else
            var read = await stream.ReadAsync(buffer, 0, buffer.Length, cancellationToken).ConfigureAwait(false);
#endif
            if (read == 0)
            {
                return bytes.ToArray();
            }

            bytes.Write(buffer, 0, read);
            if (bytes.Length > LongestAnswer)
            {
                return null;
            }
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter is not { } header ? null : header.Delta ?? header.Date - time.GetUtcNow();
}
