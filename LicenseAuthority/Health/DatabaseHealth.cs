using LicenseAuthority.Licensing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>Red when the store does not answer. That a read works does not prove that a write would; the next order would tell.</summary>
internal sealed class DatabaseHealth(IDueLicenses dueLicenses) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await dueLicenses.FindOldestDueAsync(cancellationToken);
            return HealthCheckResult.Healthy("The database answers.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The reason is in the log; who may ask here need not know it.
            return HealthCheckResult.Unhealthy("The database does not answer; the log says why.", exception);
        }
    }
}
