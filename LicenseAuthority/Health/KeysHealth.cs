using LicenseAuthority.Keys;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>Red when the issuing key may not sign now; yellow when an operator should see to the keys.</summary>
internal sealed class KeysHealth(KeyRing keys) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        !keys.IsUsable
            ? HealthCheckResult.Unhealthy("The issuing key may not sign now: its certificate has ended, or the clock of this machine is wrong.")
            : keys.Warnings.Count > 0
                ? HealthCheckResult.Degraded("The keys need an operator; the log of the start says why.")
                : HealthCheckResult.Healthy("The issuing key may sign."));
}
