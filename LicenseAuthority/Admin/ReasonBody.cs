using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>The body of an operator's command: <c>{"reason": "…"}</c>, 1 to 1,000 characters. Read by hand, so that every wrong body is told what is wrong with it.</summary>
internal static class ReasonBody
{
    private const int LongestReason = 1000;
    private const string Code = "bad-reason";

    /// <summary>Reads it. Either a problem, or a reason; the reason is null only where none is required and none was given.</summary>
    public static async Task<(string? Reason, ProblemHttpResult? Problem)> ReadAsync(HttpRequest request, bool required, CancellationToken cancellationToken)
    {
        var (given, problem) = await JsonBody.ReadAsync(request, root => Read(root, required), cancellationToken);
        return problem is not null ? (null, problem) : given ?? (required ? Missing() : (null, null));
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
