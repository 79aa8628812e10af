using LicenseAuthority.Doors;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Admin;

/// <summary>The door for operators and the vendor's back office.</summary>
internal static class AdminApi
{
    /// <summary>The door's share of requests.</summary>
    public const string Door = "admin";

    /// <summary>
    /// Maps <c>/admin/v1</c>: wherever the service listens, or, where the door has addresses of its own (<c>Admin:Urls</c>), there and nowhere else.
    /// </summary>
    public static WebApplication MapAdmin(this WebApplication app)
    {
        var urls = AdminUrls.From(app.Services.GetRequiredService<IOptions<AdminOptions>>().Value, app.Configuration);
        if (urls is null)
        {
            Map(app);
            return app;
        }

        // Two sets of routes: on the one port there is no other door, on the others there is not this one, however its path is written.
        var branch = new ApplicationBuilder(app.Services);
        branch.UseRouting().UseContentTypes().UseRateLimiter().UseAuthorization().UseEndpoints(Map);
        var door = branch.Build();
        app.Use(next => context =>
        {
            if (!urls.Ports.Contains(context.Connection.LocalPort))
            {
                return next(context);
            }

            context.SetEndpoint(null);
            return door(context);
        });
        urls.AddTo(app);
        return app;
    }

    private static void Map(IEndpointRouteBuilder endpoints)
    {
        var admin = endpoints.MapGroup("/admin/v1")
            .RequireAuthorization(AdminPolicies.Operator)
            .RequireRateLimiting(Door)
            .ForbidSniffing()
            .AddEndpointFilter(static async (context, next) =>
            {
                // Answers hold license codes and names of customers: nothing on the way may keep them.
                context.HttpContext.Response.Headers.CacheControl = "no-store";
                return await next(context) switch
                {
                    IResult result => new LineResult(result),
                    var other => other,
                };
            });
        admin.MapLicenses();
        admin.MapActivations();
        admin.MapConflicts();
        admin.MapPending();
        admin.MapDrift();
        admin.MapWebhooks();
        admin.MapAccounts();
        admin.MapCalls();
        admin.MapWatch();
    }

    // Ends what has a body with a line break: in a terminal the next prompt does not stand behind it.
    private sealed class LineResult(IResult result) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            await result.ExecuteAsync(httpContext);
            if (httpContext.Response is { HasStarted: true, ContentType: not null, ContentLength: null })
            {
                await httpContext.Response.Body.WriteAsync("\n"u8.ToArray(), httpContext.RequestAborted);
            }
        }
    }
}
