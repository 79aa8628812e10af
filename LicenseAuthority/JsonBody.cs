using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority;

/// <summary>Reads the JSON body of a call by hand, so that every wrong body is told what is wrong with it.</summary>
internal static class JsonBody
{
    /// <summary>Longest body in bytes, unless told otherwise.</summary>
    public const int Longest = 16 * 1024;

    /// <summary>Reads it. Either a problem, or what <paramref name="read"/> makes of it; null when there is no body.</summary>
    /// <param name="request">The call.</param>
    /// <param name="read">Makes something of the JSON.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="longest">Longest body in bytes.</param>
    /// <param name="isFile">It may be a file that somebody has had in an editor: on Windows those begin with a byte order mark.</param>
    public static async Task<(T? Value, ProblemHttpResult? Problem)> ReadAsync<T>(
        HttpRequest request, Func<JsonElement, T> read, CancellationToken cancellationToken, int longest = Longest, bool isFile = false)
        where T : struct
    {
        var body = new byte[longest + 1];
        var length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > longest)
        {
            return (null, Problems.Create(StatusCodes.Status413PayloadTooLarge, "too-large", $"The body has more than {longest} bytes."));
        }

        if (length == 0)
        {
            return (null, null);
        }

        if (!request.HasJsonContentType())
        {
            return (null, Problems.Create(
                StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type", "Send the header Content-Type: application/json."));
        }

        try
        {
            var json = body.AsMemory(0, length);
            using var document = JsonDocument.Parse(isFile && json.Span.StartsWith(Encoding.UTF8.Preamble) ? json[Encoding.UTF8.Preamble.Length..] : json);
            return (read(document.RootElement), null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with a lone surrogate.
            return (null, Problems.Create(StatusCodes.Status400BadRequest, "bad-json", "The body is not valid JSON in UTF-8. Send one JSON object."));
        }
    }
}
