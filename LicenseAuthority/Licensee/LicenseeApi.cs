using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Codes;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Mark;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>The door for licensed software. What it shows it shows to whoever holds a license code, and only of that license.</summary>
internal static class LicenseeApi
{
    /// <summary>The door's share of requests.</summary>
    public const string Door = "licensee";

    private const string Scheme = "Bearer ";

    /// <summary>Maps what licensed software calls.</summary>
    public static IEndpointRouteBuilder MapLicensee(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/.well-known/jwks.json", GetKeys).RequireRateLimiting(Door);
        endpoints.MapPost("/licensee/v1/refresh", RefreshAsync).RequireRateLimiting(Door);
        endpoints.MapStatusLists();
        return endpoints;
    }

    private static Ok<JsonWebKeySet> GetKeys(LiveKeys keys) => TypedResults.Ok(JsonWebKeySet.From(keys));

    // An expired or replaced code serves as well: it proves who asks, not that the license is in force.
    private static async Task<Results<Ok<RefreshedCode>, ProblemHttpResult>> RefreshAsync(
        HttpContext context,
        ILicenseQueries queries,
        RefreshLimiter limiter,
        LostCodes lostCodes,
        LicenseeMetrics metrics,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        var code = ReadCode(context.Request);
        var number = code is null ? null : CodeNumber.Read(code);
        if (number is null
            || await queries.FindByCodeAsync(number.Value.LicenseId, number.Value.Generation, cancellationToken) is not { } issued
            || !CryptographicOperations.FixedTimeEquals(issued.Sha256, SHA256.HashData(Encoding.ASCII.GetBytes(code!.Text))))
        {
            if (number is not null && await lostCodes.TryKeepAsync(code!, number.Value))
            {
                metrics.Lost();
                return Problems.Create(
                    StatusCodes.Status409Conflict, "restored",
                    "This authority issued the code, and was restored from a backup since, which does not know it. Go on with the code; the vendor was told.");
            }

            // By its exact text but for white space, whatever its signature: one answer for all that we did not issue.
            metrics.UnknownCode();
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Create(
                StatusCodes.Status401Unauthorized, "unknown-code",
                "Send a license code that this authority issued, exactly as it was issued: Authorization: Bearer <code>.");
        }

        if (!limiter.TryEnter(issued.Newest.License.Id, out var retryAfter))
        {
            metrics.TooManyRequests();
            context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return Problems.Create(
                StatusCodes.Status429TooManyRequests, "too-many-requests", "This license asks too often. Come again after the time in Retry-After.");
        }

        var state = issued.Newest.License.StateAt(time.GetUtcNow());
        metrics.Served(state);
        return TypedResults.Ok(new RefreshedCode(issued.Newest.CodeText, state.ToWord()));
    }

    // As licensed software reads it: white space inside does not count, and what is too long is not looked at.
    private static CodeText? ReadCode(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? CodeText.Read(authorization[Scheme.Length..], out _) : null;
    }
}
