using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace LicenseAuthority.Doors;

/// <summary>
/// Bodies at a door for everybody must come swiftly: a call has one of the door's few places until its body is here, and who sends a byte now and then would keep
/// others out. One that is too slow is answered 408, and the connection closed.
/// </summary>
internal static class SlowBodies
{
    private static readonly MinDataRate Least = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(3));

    /// <summary>Refuses them at an endpoint.</summary>
    public static RouteHandlerBuilder RefuseSlowBodies(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter(static (context, next) =>
    {
        Refuse(context.HttpContext);
        return next(context);
    });

    /// <summary>Refuses one in a call whose body was not read yet: reading it then throws <see cref="IOException"/>.</summary>
    public static void Refuse(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = Least;
        }
    }
}
