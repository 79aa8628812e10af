using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LicenseAuthority.Doors;

internal static class DoorServices
{
    /// <summary>Registers what stands before every door, whoever calls.</summary>
    public static IServiceCollection AddDoors(this IServiceCollection services)
    {
        services.AddKnownProxies();
        services.AddSingleton(new IdleConnections(IdleConnections.Most));
        services.AddSingleton<AnonymousFaults>();
        services.AddOptions<ExceptionHandlerOptions>().Configure<AnonymousFaults>(static (options, faults) =>
        {
            options.StatusCodeSelector = Problems.StatusOf;
            options.SuppressDiagnosticsCallback = context => faults.IsLoggedHere(context.HttpContext, context.Exception);
        });
        services.AddRateLimiter(static limits => limits.OnRejected = static async (context, _) =>
        {
            context.HttpContext.Response.ComeAgainAfter(TimeSpan.FromSeconds(1));
            await Problems.Create(StatusCodes.Status503ServiceUnavailable, "busy", "Too many calls wait here already. Come again after the time in Retry-After.")
                .ExecuteAsync(context.HttpContext);
        });
        EscapedConsole.Wrap(services);
        return services;
    }

    /// <summary>
    /// Bounds the requests at a door, before it is known who calls: each door has a share of its own, so that a flood at one never takes another's.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="door">The name that the door's endpoints require with <c>RequireRateLimiting</c>.</param>
    /// <param name="atOnce">How many are worked on.</param>
    /// <param name="waiting">How many more wait for that; the rest is answered 503 at once.</param>
    public static void AddDoorLimit(this IServiceCollection services, string door, int atOnce, int waiting) =>
        services.Configure<RateLimiterOptions>(limits => limits.AddConcurrencyLimiter(door, limit =>
        {
            limit.PermitLimit = atOnce;
            limit.QueueLimit = waiting;
            limit.QueueProcessingOrder = QueueProcessingOrder.OldestFirst;
        }));

    /// <summary>What every connection goes through.</summary>
    public static void UseDoors(this KestrelServerOptions kestrel)
    {
        var idle = kestrel.ApplicationServices.GetRequiredService<IdleConnections>();
        var time = kestrel.ApplicationServices.GetRequiredService<TimeProvider>();
        kestrel.ConfigureEndpointDefaults(endpoint =>
        {
            // HTTP/2 would change the letters of Body-Sign.
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.Use(next => connection => FirstByte.OnConnectionAsync(connection, next));
            endpoint.Use(next => connection => idle.OnConnectionAsync(connection, next));
            endpoint.Use(next => connection => UnencodedAddress.OnConnectionAsync(connection, time, next));
        });
    }

    /// <summary>What every request goes through, before its door.</summary>
    public static void UseDoors(this WebApplication app)
    {
        var time = app.Services.GetRequiredService<TimeProvider>();
        app.Use(next => context =>
        {
            FirstByte.Begin(context, time);
            return next(context);
        });
        app.UseKnownProxies();
        app.Use(next => context => app.Services.GetRequiredService<IdleConnections>().OnRequestAsync(context, next));
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseContentTypes();
        app.UseRateLimiter();
        app.UseAuthorization();
    }
}
