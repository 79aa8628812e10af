namespace LicenseAuthority.Admin;

/// <summary>Lets only callers with an API key through, and tells the handlers which one.</summary>
internal sealed class ApiKeyFilter(ApiKeys keys) : IEndpointFilter
{
    private const string ActorItem = "actor";

    /// <summary>Who calls, as it stands in events.</summary>
    public static string ActorOf(HttpContext context) => (string)context.Items[ActorItem]!;

    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;

        // Answers hold license codes and names of customers: nothing on the way may keep them.
        http.Response.Headers.CacheControl = "no-store";
        if (keys.FindKeyId(http.Request.Headers.Authorization) is not { } keyId)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Create(
                StatusCodes.Status401Unauthorized, "unauthorized",
                "Send an API key: Authorization: Bearer <key>. The first one is the setting Admin:BootstrapApiKey; in Development it is printed at start.");
        }

        http.Items[ActorItem] = "admin:" + keyId;
        return await next(context);
    }
}
