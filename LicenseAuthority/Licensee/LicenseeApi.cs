using LicenseAuthority.Doors;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>The door for licensed software. What it shows it shows to whoever holds a license code, and only of that license.</summary>
internal static class LicenseeApi
{
    /// <summary>The door's share of requests.</summary>
    public const string Door = "licensee";

    /// <summary>The share of calls with a body that may be long and come slowly: who sends such ones keeps nobody from a refresh, a list or a key.</summary>
    public const string Uploads = "licensee-uploads";

    /// <summary>Maps what licensed software calls.</summary>
    public static IEndpointRouteBuilder MapLicensee(this IEndpointRouteBuilder endpoints)
    {
        var licensee = endpoints.MapGroup("").ForbidSniffing();
        licensee.MapGet("/.well-known/jwks.json", GetKeys).RequireRateLimiting(Door);
        licensee.MapPost("/licensee/v1/refresh", RefreshAsync).RequireRateLimiting(Door).RefuseSlowBodies();
        licensee.MapActivations();
        licensee.MapUsage();
        licensee.MapStatusLists();
        licensee.MapFilePage();
        return endpoints;
    }

    private static Ok<JsonWebKeySet> GetKeys(LiveKeys keys) => TypedResults.Ok(JsonWebKeySet.From(keys));

    private static async Task<IResult> RefreshAsync(HttpContext context, CodeRefresher refresher, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (LicenseFileAnswer.IsAskedFor(context.Request, out var badFormat) is not { } asFile)
        {
            return badFormat!;
        }

        var (sequence, badBody) = await RefreshBody.ReadAsync(context.Request, cancellationToken);
        if (badBody is not null)
        {
            return badBody;
        }

        var (refresh, problem) = await refresher.RefreshAsync(context, ShownCodes.InHeader(context.Request), ShownIn.Header, sequence, cancellationToken);
        return problem is not null ? problem
            : asFile ? refresh!.ToFile()
            : TypedResults.Ok(new RefreshedCode(refresh!.Code, refresh.State.ToWord(), refresh.StatusList));
    }
}
