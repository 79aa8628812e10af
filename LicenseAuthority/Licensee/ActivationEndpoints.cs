using LicenseAuthority.Doors;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Licensee;

/// <summary>Devices get and give up their places.</summary>
internal static class ActivationEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapActivations(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/licensee/v1/activations", ActivateAsync).RequireRateLimiting(LicenseeApi.Uploads).RefuseSlowBodies();
        endpoints.MapDelete("/licensee/v1/activations/{id}", FreeAsync).RequireRateLimiting(LicenseeApi.Door);
    }

    private static Task<IResult> ActivateAsync(HttpContext context, ActivationDoor door, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        return door.ActivateAsync(context, ShownIn.Body, new CallSource(CallSource.Licensee, "activate"), cancellationToken);
    }

    private static Task<IResult> FreeAsync(string id, HttpContext context, ActivationDoor door, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        return door.FreeAsync(context, id, cancellationToken);
    }
}
