using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>The door for licensed software. What it shows it shows to whoever holds a license code, and only of that license.</summary>
internal static class LicenseeApi
{
    /// <summary>The door's share of requests.</summary>
    public const string Door = "licensee";

    /// <summary>Maps what licensed software calls.</summary>
    public static IEndpointRouteBuilder MapLicensee(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/.well-known/jwks.json", GetKeys).RequireRateLimiting(Door);
        endpoints.MapPost("/licensee/v1/refresh", RefreshAsync).RequireRateLimiting(Door);
        endpoints.MapStatusLists();
        return endpoints;
    }

    private static Ok<JsonWebKeySet> GetKeys(LiveKeys keys) => TypedResults.Ok(JsonWebKeySet.From(keys));

    private static async Task<Results<Ok<RefreshedCode>, ProblemHttpResult>> RefreshAsync(
        HttpContext context, ShownCodes codes, LicenseeMetrics metrics, TimeProvider time, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        var shown = await codes.JudgeAsync(context, ShownCodes.InHeader(context.Request), ShownIn.Header, cancellationToken);
        if (shown.Known is not { } known)
        {
            metrics.Refused(shown.Verdict);
            return shown.Problem!;
        }

        var state = known.License.StateAt(time.GetUtcNow());
        metrics.Served(state);
        return TypedResults.Ok(new RefreshedCode(known.Issued.Newest.CodeText, state.ToWord()));
    }
}
