using System.Globalization;
using LicenseAuthority.StatusLists;
using Microsoft.Net.Http.Headers;

namespace LicenseAuthority.Licensee;

/// <summary>Gives out status lists, to whoever asks: they say nothing without a code that names a place in one.</summary>
internal static class StatusListEndpoint
{
    private const string MediaType = "application/statuslist+jwt";
    private const string GzipCoding = "gzip";

    /// <summary>Maps it.</summary>
    public static void MapStatusLists(this IEndpointRouteBuilder endpoints) => endpoints
        .MapMethods("/licensee/v1/status-lists/{list}", [HttpMethods.Get, HttpMethods.Head], AnswerAsync)
        .RequireRateLimiting(LicenseeApi.Door);

    private static async Task<IResult> AnswerAsync(string list, HttpContext context, StatusListPublisher publisher, CancellationToken cancellationToken)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-cache";
        response.Headers.AccessControlAllowOrigin = "*";
        if (!TryReadNumber(list, out var number) || await publisher.FindAsync(number, context.Request.Host.Value ?? "", cancellationToken) is not { } served)
        {
            return Problems.Create(
                StatusCodes.Status404NotFound, "status-list-not-found", "There is no such status list. The address of a code's list stands in its claim \"status\".");
        }

        var gzip = AcceptsGzip(context.Request);
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        response.Headers.ETag = gzip ? served.GzipTag : served.PlainTag;
        if (IsKnown(context.Request, served))
        {
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        }

        if (gzip)
        {
            response.Headers.ContentEncoding = GzipCoding;
        }

        return TypedResults.Bytes(gzip ? served.Gzip : served.Plain, MediaType);
    }

    // As it stands in codes: one spelling.
    private static bool TryReadNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && text == number.ToString(CultureInfo.InvariantCulture);

    private static bool AcceptsGzip(HttpRequest request) => request.GetTypedHeaders().AcceptEncoding.Any(
        static accepted => accepted.Quality is null or > 0 && accepted.Value.Equals(GzipCoding, StringComparison.OrdinalIgnoreCase));

    // Either tag: what is the same is the same, however it was compressed.
    private static bool IsKnown(HttpRequest request, ServedStatusList served) => request.GetTypedHeaders().IfNoneMatch.Any(
        known => known.Tag.Value == "*" || known.Tag.Equals(served.PlainTag, StringComparison.Ordinal) || known.Tag.Equals(served.GzipTag, StringComparison.Ordinal));
}
