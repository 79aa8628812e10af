using LicenseAuthority.Mark;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>Yellow from the moment that a restore of the database was noticed until an operator dismisses its entry; and while none would be noticed.</summary>
internal sealed class RestoreHealth(IRestoreStore store, RestoreWatch watch) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (await store.HasOpenAsync(cancellationToken))
        {
            return HealthCheckResult.Degraded("The database was put in the place of a newer one: see /admin/v1/conflicts?kind=restored, and dismiss the entry when all is seen to.");
        }

        return watch.Fault is null
            ? HealthCheckResult.Healthy("The database is as new as the mark beside the keys.")
            : HealthCheckResult.Degraded("The mark beside the keys cannot be written or read: a restore of the database would not be noticed. The log says why.");
    }
}
