using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Mvc;

namespace LicenseAuthority.Doors;

/// <summary>
/// Tells a caller whose address has characters beyond ASCII in it, such as <c>?customer=</c> and a Chinese name typed at a shell, that they must be
/// encoded. The server would answer 400 and not a word. Only the first request of a connection is looked at, as only there it is known where one begins, and
/// only where TLS is not the server's own.
/// </summary>
internal static class UnencodedAddress
{
    public const string Code = "not-encoded";

    // The server's own limits for a silent connection begin when it is handed on.
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(5);

    private static readonly byte[] Answer = CreateAnswer();

    /// <summary>Looks at how a connection begins before the server does.</summary>
    public static async Task OnConnectionAsync(ConnectionContext connection, TimeProvider time, ConnectionDelegate next)
    {
        if (await IsFoundAsync(connection, time))
        {
            await connection.Transport.Output.WriteAsync(Answer);
        }
        else
        {
            await next(connection);
        }
    }

    private static async Task<bool> IsFoundAsync(ConnectionContext connection, TimeProvider time)
    {
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, stopping);
        limit.CancelAfter(LongestLook);
        try
        {
            var input = connection.Transport.Input;
            var begin = (await input.ReadAsync(limit.Token)).Buffer;
            if (BeginsARequest(begin))
            {
                FirstByte.Seen(connection, time);
            }

            var found = IsIn(begin);
            input.AdvanceTo(found ? begin.End : begin.Start);
            return found;
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // Silent, or gone: the server knows what to do.
            return false;
        }
    }

    // TLS does not begin with a letter.
    private static bool BeginsARequest(ReadOnlySequence<byte> begin) => !begin.IsEmpty && char.IsAsciiLetterUpper((char)begin.FirstSpan[0]);

    private static bool IsIn(ReadOnlySequence<byte> begin)
    {
        var line = begin.PositionOf((byte)'\n') is { } end ? begin.Slice(0, end) : begin;
        if (!BeginsARequest(line))
        {
            return false;
        }

        foreach (var part in line)
        {
            if (!Ascii.IsValid(part.Span))
            {
                return true;
            }
        }

        return false;
    }

    private static byte[] CreateAnswer()
    {
        var problem = new ProblemDetails
        {
            Type = "https://tools.ietf.org/html/rfc9110#section-15.5.1",
            Title = "Bad Request",
            Status = StatusCodes.Status400BadRequest,
            Detail = "The address holds characters beyond ASCII. Percent-encode them as UTF-8, such as %E5%8C%97 for one; curl does it with --get --data-urlencode.",
            Extensions = { ["code"] = Code },
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(problem, JsonSerializerOptions.Web);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}
