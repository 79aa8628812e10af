using LicenseAuthority.Keys;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>Red when the issuing key may not sign now, or other nodes have a newer one; yellow when an operator should see to the keys.</summary>
internal sealed class KeysHealth(LiveKeys keys) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (keys.MissingSerial is not null)
        {
            return HealthCheckResult.Unhealthy("The newest issuing key is missing on this node, and it signs with no older one; the log says which.");
        }

        var ring = keys.Ring;
        if (ring.WindowFault is { } fault)
        {
            return HealthCheckResult.Unhealthy($"The issuing key may not sign now. {fault}");
        }

        return ring.Warnings.Count > 0 || keys.HasDirectoryFault
            ? HealthCheckResult.Degraded("The keys need an operator; the log says why.")
            : HealthCheckResult.Healthy("The issuing key may sign.");
    }
}
