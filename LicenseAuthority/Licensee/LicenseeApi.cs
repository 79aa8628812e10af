using LicenseAuthority.Keys;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>The door for licensed software.</summary>
internal static class LicenseeApi
{
    /// <summary>Maps what licensed software calls.</summary>
    public static IEndpointRouteBuilder MapLicensee(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/.well-known/jwks.json", GetKeys);
        return endpoints;
    }

    private static Ok<JsonWebKeySet> GetKeys(KeyRing keys) => TypedResults.Ok(JsonWebKeySet.From(keys));
}
