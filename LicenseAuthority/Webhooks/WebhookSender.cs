using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using LicenseAuthority.Outbox;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Webhooks;

/// <summary>Sends messages to webhooks, as Standard Webhooks 1.0.0 says. Thread-safe.</summary>
internal sealed class WebhookSender(
    WebhookSubscriptions subscriptions, IWebhookStore store, WebhookSecrets secrets, WebhookConnections connections, IOptions<WebhookOptions> options,
    TimeProvider time) : IOutboxSender
{
    /// <summary>The kind of destination.</summary>
    public const string DestinationKind = "webhook";

    /// <summary>How much of an answer's body is kept, in bytes.</summary>
    public const int LongestAnswer = 1024;

    // Other nodes may write messages for a deleted webhook until they have seen that it is.
    private static readonly TimeSpan KeepDeleted = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public string Kind => DestinationKind;

    /// <inheritdoc/>
    public TimeSpan LongestSend => options.Value.Timeout;

    /// <inheritdoc/>
    public IReadOnlyList<TimeSpan> Waits => Backoff.PatientWaits;

    /// <inheritdoc/>
    public IReadOnlyList<OutboxDestination> Destinations =>
        [.. subscriptions.All.Select(webhook => new OutboxDestination(webhook.Id, webhook switch
        {
            { DeletedAt: not null } => OutboxDestinationState.Removed,
            { DisabledAt: not null } => OutboxDestinationState.Closed,
            _ => OutboxDestinationState.Open,
        }))];

    /// <inheritdoc/>
    public async Task<SendResult> SendAsync(ClaimedMessage message, CancellationToken cancellationToken)
    {
        if (subscriptions.Find(message.DestinationId) is not { } webhook)
        {
            return Failed("the webhook was deleted");
        }

        if (await secrets.TryDecryptAsync(webhook.Id, webhook.EncryptedSecret, cancellationToken) is not { } secret)
        {
            return Failed("the secret does not open with Keys:Passphrase; it was made under another passphrase");
        }

        using var timeout = new CancellationTokenSource(options.Value.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = Sign(message, webhook, secret);
            using var response = await connections.SendAsync(request, either.Token);
            return Judge(response, await ReadAnswerAsync(response, either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(string.Create(CultureInfo.InvariantCulture, $"no answer within {options.Value.Timeout.TotalSeconds:0.###} s"));
        }
        catch (HttpRequestException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Failed(Describe(exception));
        }
    }

    /// <inheritdoc/>
    public async Task CloseAsync(string destinationId, CancellationToken cancellationToken)
    {
        await store.DisableAsync(destinationId, "the receiver answered 410 Gone", time.GetUtcNow(), cancellationToken);
        await subscriptions.RefreshAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(string destinationId, CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - KeepDeleted;
        if (subscriptions.All.Any(webhook => webhook.Id == destinationId && webhook.DeletedAt < before))
        {
            await store.ForgetDeletedAsync(destinationId, cancellationToken);
        }
    }

    private HttpRequestMessage Sign(ClaimedMessage message, Webhook webhook, byte[] secret)
    {
        var payload = Encoding.UTF8.GetBytes(message.Payload);
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        return new HttpRequestMessage(HttpMethod.Post, webhook.Url)
        {
            Content = new ByteArrayContent(payload) { Headers = { { "Content-Type", "application/json" } } },
            Headers =
            {
                { "User-Agent", "LicenseAuthority" },
                { "webhook-id", message.Id },
                { "webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture) },
                { "webhook-signature", WebhookSignature.Sign(secret, message.Id, timestamp, payload) },
            },
        };
    }

    private SendResult Judge(HttpResponseMessage response, string? answer)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            return new SendResult(SendOutcome.Delivered, status, null, answer);
        }

        var outcome = response.StatusCode == HttpStatusCode.Gone ? SendOutcome.Gone : SendOutcome.Failed;
        var error = string.Create(CultureInfo.InvariantCulture, $"the receiver answered {status}{(status is >= 300 and < 400 ? "; redirects are not followed" : "")}");
        return new SendResult(outcome, status, error, answer, RetryAfterOf(response));
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };

    // The status has decided; a body that breaks off or does not end changes nothing about it.
    private static async Task<string?> ReadAnswerAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(LongestAnswer);
        var length = 0;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            int read;
            while (length < LongestAnswer && (read = await body.ReadAsync(buffer.AsMemory(length, LongestAnswer - length), cancellationToken)) > 0)
            {
                length += read;
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            // What came is kept.
        }

        var text = length == 0 ? null : ToText(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    // For people to read, and for a database that takes no U+0000. A character that was cut in half at the end is left out.
    private static string ToText(ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body);
        text = body.Length == LongestAnswer ? text.TrimEnd('\uFFFD') : text;
        return string.Create(text.Length, text, static (characters, source) =>
        {
            for (var i = 0; i < characters.Length; i++)
            {
                characters[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });
    }

    // Our own words: the exceptions' have the host's name in them, and more than an operator needs.
    private static string Describe(HttpRequestException exception) => exception switch
    {
        { InnerException: WebhookAddressException } => "the address is not public, and Webhooks:AllowPrivateAddresses is off",
        { HttpRequestError: HttpRequestError.NameResolutionError }
            or { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } } => "the name cannot be resolved",
        { HttpRequestError: HttpRequestError.SecureConnectionError } or { InnerException: AuthenticationException } => "TLS failed; check the receiver's certificate",
        { HttpRequestError: HttpRequestError.ConnectionError } or { InnerException: SocketException } => "no connection",
        _ => "the connection broke, or the answer was no HTTP",
    };

    private static SendResult Failed(string error) => new(SendOutcome.Failed, null, error);
}
