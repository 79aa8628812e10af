using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplaces;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>Yellow while an order that was paid for is not served, or the open API refuses an account's credentials. Not red: the service serves others, and must stay in the load balancer.</summary>
internal sealed class MarketplaceHealth(ILicenseQueries queries, OpenApiCondition openApi) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await queries.HasUnservedOrdersAsync(cancellationToken)
                ? HealthCheckResult.Degraded("An order that was paid for is not served; /admin/v1/conflicts?kind=unserved says which.")
                : openApi.Refused is { Count: > 0 } refused
                    ? HealthCheckResult.Degraded($"The open API refuses the credentials (AK/SK) of: {string.Join(", ", refused)}. Licenses that were asked for wait.")
                    : HealthCheckResult.Healthy("No order waits to be served.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The check of the database tells why.
            return HealthCheckResult.Degraded("Whether an order waits to be served cannot be read.");
        }
    }
}
