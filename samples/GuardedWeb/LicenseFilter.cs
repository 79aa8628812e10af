using LicenseAuthority.Client;

namespace GuardedWeb;

/// <summary>Answers 402 in the place of an endpoint whose license does not allow it. Asked anew for each request: it costs about a microsecond.</summary>
internal static class LicenseFilter
{
    /// <summary>Asks for a valid license, and for an entitlement if one is named.</summary>
    public static RouteHandlerBuilder RequireLicense(this RouteHandlerBuilder endpoint, string? entitlement = null) => endpoint.AddEndpointFilter(async (context, next) =>
    {
        var guard = context.HttpContext.RequestServices.GetRequiredService<LicenseGuard>();
        try
        {
            if (entitlement is null)
            {
                guard.Require();
            }
            else
            {
                guard.Require(entitlement);
            }
        }
        catch (LicenseRequiredException exception)
        {
            return Results.Problem(
                exception.Message, statusCode: StatusCodes.Status402PaymentRequired,
                title: exception.Check.IsValid ? "The license does not include this." : $"The license is {exception.Check.Outcome}.");
        }

        return await next(context);
    });
}
