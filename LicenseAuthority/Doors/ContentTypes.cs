namespace LicenseAuthority.Doors;

/// <summary>Has browsers believe what an answer says it is: the header <c>X-Content-Type-Options: nosniff</c>, at the doors that ask for it.</summary>
internal static class ContentTypes
{
    /// <summary>Sets it in each answer of the endpoints, also where a limit or a fault answers for them.</summary>
    public static TBuilder ForbidSniffing<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(Forbidden.Mark);

    /// <summary>To be used after routing and before whatever else may answer.</summary>
    public static IApplicationBuilder UseContentTypes(this IApplicationBuilder app) => app.Use(static next => context =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<Forbidden>() is not null)
        {
            // When the answer starts: a fault on the way takes away what was set before it.
            context.Response.OnStarting(
                static response =>
                {
                    ((HttpResponse)response).Headers.XContentTypeOptions = "nosniff";
                    return Task.CompletedTask;
                },
                context.Response);
        }

        return next(context);
    });

    private sealed class Forbidden
    {
        public static readonly Forbidden Mark = new();
    }
}
