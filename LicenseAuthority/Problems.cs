using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority;

/// <summary>Problem details (RFC 9457) with a stable <c>code</c>, for the doors that speak HTTP properly.</summary>
internal static class Problems
{
    /// <summary>The member with the code.</summary>
    public const string CodeMember = "code";

    /// <summary>Makes one. <paramref name="code"/> never changes, programs rely on it; <paramref name="detail"/> is for people: what is wrong, and the remedy.</summary>
    public static ProblemHttpResult Create(int status, string code, string detail, params ReadOnlySpan<KeyValuePair<string, object?>> members)
    {
        var extensions = new Dictionary<string, object?> { [CodeMember] = code };
        foreach (var (name, value) in members)
        {
            extensions.Add(name, value);
        }

        return TypedResults.Problem(detail, statusCode: status, extensions: extensions);
    }

    /// <summary>Gives a code to the problems that ASP.NET Core makes by itself, such as an unknown path.</summary>
    public static void AddCode(ProblemDetailsOptions options) => options.CustomizeProblemDetails = context =>
    {
        if (context.Exception is SigningException exception)
        {
            context.ProblemDetails.Detail = exception.Message;
            context.ProblemDetails.Extensions[CodeMember] = "cannot-sign";
        }

        if (context.Exception is UnreadableLicenseException unreadable)
        {
            context.ProblemDetails.Detail = unreadable.Message;
            context.ProblemDetails.Extensions[CodeMember] = "unreadable-license";
        }

        context.ProblemDetails.Detail ??= context.ProblemDetails.Status switch
        {
            StatusCodes.Status404NotFound => "There is nothing at this path. GET / names the doors; docs/admin-api.md and docs/client.md have the paths of each.",
            StatusCodes.Status405MethodNotAllowed => $"This path does not take the method {context.HttpContext.Request.Method}. Use {context.HttpContext.Response.Headers.Allow}.",
            StatusCodes.Status408RequestTimeout => "The body came too slowly, and the call was given up. Send it again, over a faster connection.",
            StatusCodes.Status503ServiceUnavailable => "The store does not answer now, and nothing was answered with success. Repeat the call later.",
            StatusCodes.Status500InternalServerError => "The service met a fault, and its log says which. Repeat the call; tell the operator if that does not help.",
            _ => null,
        };
        context.ProblemDetails.Extensions.TryAdd(CodeMember, context.ProblemDetails.Status switch
        {
            StatusCodes.Status400BadRequest => "bad-request",
            StatusCodes.Status404NotFound => "not-found",
            StatusCodes.Status405MethodNotAllowed => "method-not-allowed",
            StatusCodes.Status408RequestTimeout => "too-slow",
            StatusCodes.Status413PayloadTooLarge => "too-large",
            StatusCodes.Status415UnsupportedMediaType => "unsupported-media-type",
            StatusCodes.Status429TooManyRequests => "too-many-requests",
            StatusCodes.Status503ServiceUnavailable => "busy",
            _ => "internal-error",
        });
    };

    /// <summary>The HTTP status for an exception that no handler expects. Details stay in the log.</summary>
    public static int StatusOf(Exception exception) => exception switch
    {
        SigningException or IStoreFault => StatusCodes.Status503ServiceUnavailable,
        BadHttpRequestException bad => bad.StatusCode,
        _ => StatusCodes.Status500InternalServerError,
    };
}
