using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>The body of an operator's command: <c>{"reason": "…"}</c>, 1 to 1,000 characters. Read by hand, so that every wrong body is told what is wrong with it.</summary>
internal static class ReasonBody
{
    private const int LongestReason = 1000;
    private const int LongestBody = 16 * 1024;
    private const string Code = "bad-reason";

    /// <summary>Reads it. Either a problem, or a reason; the reason is null only where none is required and none was given.</summary>
    public static async Task<(string? Reason, ProblemHttpResult? Problem)> ReadAsync(HttpRequest request, bool required, CancellationToken cancellationToken)
    {
        var body = new byte[LongestBody + 1];
        var length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > LongestBody)
        {
            return Fail(StatusCodes.Status413PayloadTooLarge, "too-large", $"The body has more than {LongestBody} bytes.");
        }

        if (length == 0)
        {
            return required ? Missing() : (null, null);
        }

        if (!request.HasJsonContentType())
        {
            return Fail(StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type", "Send the header Content-Type: application/json.");
        }

        try
        {
            using var document = JsonDocument.Parse(body.AsMemory(0, length));
            return Read(document.RootElement, required);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with a lone surrogate.
            return Fail(StatusCodes.Status400BadRequest, "bad-json", "The body is not valid JSON in UTF-8.");
        }
    }

    private static (string? Reason, ProblemHttpResult? Problem) Read(JsonElement root, bool required)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Fail(StatusCodes.Status400BadRequest, Code, "The body must be an object: {\"reason\": \"…\"}.");
        }

        string? reason = null;
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name != "reason")
            {
                return Fail(StatusCodes.Status400BadRequest, Code, "The body may have only the member reason.");
            }

            if (reason is not null || member.Value.ValueKind != JsonValueKind.String)
            {
                return Fail(StatusCodes.Status400BadRequest, Code, "The member reason must come once and be a text.");
            }

            reason = member.Value.GetString()!.Trim();
        }

        return reason switch
        {
            null or "" => required ? Missing() : (null, null),
            { Length: > LongestReason } => Fail(
                StatusCodes.Status400BadRequest, Code, $"The reason has {reason.Length} characters, at most {LongestReason} are allowed."),
            _ when reason.Contains('\0', StringComparison.Ordinal) => Fail(StatusCodes.Status400BadRequest, Code, "The reason holds the character U+0000."),
            _ => (reason, null),
        };
    }

    private static (string? Reason, ProblemHttpResult? Problem) Missing() =>
        Fail(StatusCodes.Status400BadRequest, Code, "Say why: {\"reason\": \"…\"}, 1 to 1000 characters. It is kept with the event.");

    private static (string? Reason, ProblemHttpResult? Problem) Fail(int status, string code, string detail) => (null, Problems.Create(status, code, detail));
}
