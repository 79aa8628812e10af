using System.Net.Mime;
using System.Text;
using LicenseAuthority.Codes;
using LicenseAuthority.Licensee;
using LicenseAuthority.Marketplaces.KooGallery;
using Microsoft.Net.Http.Headers;

namespace LicenseAuthority;

/// <summary>
/// What a person sees who opens the address of the service: what it is, and where its doors are. The same for everybody, made once, and nothing is looked up.
/// </summary>
internal static class StartPage
{
    private static readonly (string Name, string Path)[] Doors =
    [
        ("marketplace", MarketplaceApi.Path),
        ("licensee", "/licensee/v1/refresh"),
        ("activation", "/licensee/v1/activations"),
        ("jwks", "/.well-known/jwks.json"),
        ("admin", "/admin/v1"),
    ];

    private static readonly (string Name, string Path)[] Health = [("live", "/health/live"), ("ready", "/health/ready")];

    // Links are relative: a proxy may have put the service below a path.
    private static readonly string Html =
        $"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>{nameof(LicenseAuthority)}</title></head>
        <body>
        <h1>{nameof(LicenseAuthority)} {AuthorityVersion.Text}</h1>
        <p>Issues software licenses. The doors are for programs:</p>
        <ul>{Items(Doors, static door => $"{door.Name}: <code>{door.Path[1..]}</code>")}</ul>
        <p>For people: <a href="{FilePage.Path[1..]}">activate or renew a license by file</a></p>
        <p>Health:</p>
        <ul>{Items(Health, static check => $"<a href=\"{check.Path[1..]}\">{check.Name}</a>")}</ul>
        </body>
        </html>

        """;

    /// <summary>Maps <c>/</c>: a page for who accepts HTML, JSON for everybody else.</summary>
    public static IEndpointRouteBuilder MapStartPage(this IEndpointRouteBuilder endpoints)
    {
        // Programs resolve no relative link: theirs begin with the path of PublicUrl.
        var below = endpoints.ServiceProvider.GetRequiredService<PublicUrl>().Path;
        var json = new StartPageBody(
            nameof(LicenseAuthority),
            AuthorityVersion.Text,
            Doors.ToDictionary(static door => door.Name, door => below + door.Path),
            Health.ToDictionary(static check => check.Name, check => below + check.Path));
        endpoints.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], (HttpContext context) => Get(context, json));
        return endpoints;
    }

    private static IResult Get(HttpContext context, StartPageBody json)
    {
        context.Response.Headers.Vary = HeaderNames.Accept;
        return PrefersHtml(context.Request.GetTypedHeaders().Accept) ? TypedResults.Text(Html, MediaTypeNames.Text.Html, Encoding.UTF8) : TypedResults.Ok(json);
    }

    private static bool PrefersHtml(IList<MediaTypeHeaderValue> accept) =>
        QualityOf(accept, MediaTypeNames.Text.Html) is var html && html > 0 && html >= QualityOf(accept, MediaTypeNames.Application.Json);

    // Named, not covered by a wildcard: programs send */*, browsers name HTML.
    private static double QualityOf(IList<MediaTypeHeaderValue> accept, string type) =>
        accept.FirstOrDefault(range => range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)) is { } named ? named.Quality ?? 1 : 0;

    private static string Items((string Name, string Path)[] entries, Func<(string Name, string Path), string> write) =>
        string.Concat(entries.Select(entry => $"<li>{write(entry)}</li>"));

    private sealed record StartPageBody(string Name, string Version, IReadOnlyDictionary<string, string> Doors, IReadOnlyDictionary<string, string> Health);
}
