using System.Net.Mime;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Doors;
using LicenseAuthority.Licensing;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace LicenseAuthority.Licensee;

/// <summary>
/// For people whose software has no network: a page with a form that turns the file of an activation (<c>.lareq</c>) into a license file, and an old license file
/// or a bare code into the newest. By the same rules and limits as the calls of licensed software.
/// </summary>
internal static class FilePage
{
    public const string Path = "/licensee/activate";

    private const string Language = "lang";

    /// <summary>Maps it.</summary>
    /// <remarks>
    /// Nobody is logged in here and there are no cookies: a foreign site that sends the form gets what anybody gets who has the code in the file. So there is nothing
    /// that an anti-forgery token would protect.
    /// </remarks>
    public static void MapFilePage(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], static (HttpContext context) => Show(context, problem: null))
            .RequireRateLimiting(LicenseeApi.Door);
        endpoints.MapPost(Path, AnswerAsync).RequireRateLimiting(LicenseeApi.Uploads).RefuseSlowBodies().DisableAntiforgery();
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, CodeRefresher refresher, ActivationDoor devices, CancellationToken cancellationToken)
    {
        try
        {
            var (text, unreadable) = await UploadedText.ReadAsync(context, cancellationToken);
            var (file, problem) = unreadable is not null ? (null, unreadable) : await TurnAsync(context, text!, refresher, devices, cancellationToken);
            if (file is null)
            {
                return Show(context, problem);
            }

            context.Response.Headers.CacheControl = "no-store";
            return file;
        }
        catch (Exception exception) when (Problems.StatusOf(exception) is StatusCodes.Status503ServiceUnavailable and var status)
        {
            // What else fails is answered as at every door, and logged.
            var code = exception is SigningException ? "cannot-sign" : "busy";
            return Show(context, Problems.Create(status, code, "This cannot be answered now. Try again in a few minutes."));
        }
    }

    private static async Task<(FileContentHttpResult? File, ProblemHttpResult? Problem)> TurnAsync(
        HttpContext context, string text, CodeRefresher refresher, ActivationDoor devices, CancellationToken cancellationToken)
    {
        if (text.AsSpan().TrimStart().StartsWith('{'))
        {
            var (body, unreadable) = ActivationBody.Read(text);
            if (body is null)
            {
                return (null, unreadable);
            }

            var (device, refused) = await devices.ActivateAsync(
                context, body, ShownIn.Body, new CallSource(CallSource.Licensee, "activate"), cancellationToken);
            return (device?.ToFile(), refused);
        }

        if (FindCode(text) is not { } code)
        {
            return (null, Problems.Create(
                StatusCodes.Status400BadRequest, "bad-file",
                "This is neither a request that your software has saved (.lareq), nor a license file (.lic), nor a whole license code. Send the file as it was saved."));
        }

        var (refresh, problem) = await refresher.RefreshAsync(context, code, ShownIn.Body, sequence: null, cancellationToken);
        return refresh switch
        {
            null => (null, problem),
            { Code: null } => (null, Problems.Create(
                StatusCodes.Status410Gone, "code-over", $"The license is {refresh.State.ToWord()}: it is over, and there is no newer code. Ask the vendor.")),
            _ => (refresh.ToFile(), null),
        };
    }

    // A license file, or a code without anything around it.
    private static string? FindCode(string text)
    {
        var code = LicenseFile.Parse(text).GetCode();
        return CodeText.Read(code, out _) is not null || ShownCodes.IsMarketplaceCode(code) ? code : null;
    }

    private static ContentHttpResult Show(HttpContext context, ProblemHttpResult? problem)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = FilePageText.ContentSecurityPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        headers.Vary = HeaderNames.AcceptLanguage;
        var language = ChooseLanguage(context.Request);
        headers.ContentLanguage = language.Tag;
        return TypedResults.Text(language.Write(problem?.ProblemDetails), MediaTypeNames.Text.Html, Encoding.UTF8, problem?.StatusCode ?? StatusCodes.Status200OK);
    }

    // What was chosen on the page, else what the browser prefers of the two.
    private static FilePageText ChooseLanguage(HttpRequest request) =>
        FilePageText.Find(request.Query[Language].ToString())
        ?? request.GetTypedHeaders().AcceptLanguage
            .Where(static accepted => accepted.Quality is null or > 0)
            .OrderByDescending(static accepted => accepted.Quality ?? 1)
            .Select(static accepted => FilePageText.Find(accepted.Value.ToString()))
            .FirstOrDefault(static text => text is not null)
        ?? FilePageText.English;
}
