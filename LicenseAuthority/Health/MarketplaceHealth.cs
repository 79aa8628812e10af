using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.Watch;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>
/// Yellow while an order that was paid for is not served, or an account cannot use the open API that it needs. Not red: the service serves others, and must stay
/// in the load balancer.
/// </summary>
internal sealed class MarketplaceHealth(
    ILicenseQueries queries, IPendingOrderStore pending, MissingCredentials missingCredentials, OpenApiCondition openApi, IWatchStore watch, WatchPolicy policy,
    TimeProvider time) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            List<string> troubles = [];
            await FindTroublesAsync(troubles, cancellationToken);
            return troubles.Count > 0 ? HealthCheckResult.Degraded(string.Join(" ", troubles)) : HealthCheckResult.Healthy("No order waits to be served.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The check of the database tells why.
            return HealthCheckResult.Degraded("Whether an order waits to be served cannot be read.");
        }
    }

    // All of them, as one does not go away by mending another. What an operator can mend for all orders comes before what is told of one.
    private async Task FindTroublesAsync(List<string> troubles, CancellationToken cancellationToken)
    {
        if (missingCredentials.Accounts is { Count: > 0 } missing)
        {
            troubles.Add($"These accounts are called and have no credentials (AK/SK) for the open API: {string.Join(", ", missing)}. Orders of theirs that need it cannot be served.");
        }

        if (await openApi.FindRefusedAsync(cancellationToken) is { Count: > 0 } refused)
        {
            troubles.Add($"The open API refuses the credentials (AK/SK) of: {string.Join(", ", refused)}. Orders, and licenses that were asked for, wait.");
        }

        if (await queries.HasUnservedOrdersAsync(cancellationToken))
        {
            troubles.Add("An order that was paid for is not served; /admin/v1/conflicts?kind=unserved says which.");
        }

        var now = time.GetUtcNow();
        if (await pending.HasSlowAsync(now, cancellationToken))
        {
            troubles.Add("What was bought with an order has been unknown for long; /admin/v1/marketplace/pending says which.");
        }

        if (WatchRules.FindTrouble(await watch.ReadConditionAsync(WatchRules.MonthOf(now, policy), now, cancellationToken), policy) is { } watched)
        {
            troubles.Add(watched);
        }
    }
}
