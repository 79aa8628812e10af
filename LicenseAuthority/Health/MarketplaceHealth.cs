using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Marketplaces;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>
/// Yellow while an order that was paid for is not served, or cannot be looked up at the marketplace, or licenses cannot be given to it. Not red: the service
/// serves others, and must stay in the load balancer.
/// </summary>
internal sealed class MarketplaceHealth(
    ILicenseQueries queries, IPendingOrderStore pending, MissingCredentials missingCredentials, OpenApiCondition openApi, TimeProvider time) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await FindTroubleAsync(cancellationToken) is { } trouble
                ? HealthCheckResult.Degraded(trouble)
                : HealthCheckResult.Healthy("No order waits to be served.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The check of the database tells why.
            return HealthCheckResult.Degraded("Whether an order waits to be served cannot be read.");
        }
    }

    // What an operator can mend for all orders comes before what is told of one.
    private async Task<string?> FindTroubleAsync(CancellationToken cancellationToken)
    {
        if (missingCredentials.Any)
        {
            return "An account is called that has no credentials for the marketplace's open API; the log names the settings.";
        }

        var trouble = await pending.FindTroubleAsync(time.GetUtcNow(), cancellationToken);
        if (trouble.IsRefused || openApi.Refused.Count > 0)
        {
            return "The marketplace refuses an account's credentials for the open API; the log names the settings.";
        }

        if (await queries.HasUnservedOrdersAsync(cancellationToken))
        {
            return "An order that was paid for is not served; /admin/v1/conflicts?kind=unserved says which.";
        }

        return trouble.IsSlow ? "What was bought with an order has been unknown for long; /admin/v1/marketplace/pending says which." : null;
    }
}
