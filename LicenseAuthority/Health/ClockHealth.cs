using System.Globalization;
using LicenseAuthority.Clock;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>Yellow while the service does not go by the clock of this machine. Not red: it serves rightly, and must stay in the load balancer.</summary>
internal sealed class ClockHealth(SteadyTime time) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        var clock = time.Read();
        return clock.IsHeld
            ? HealthCheckResult.Degraded(string.Create(
                CultureInfo.InvariantCulture,
                $"The clock of this machine is suddenly {(long)clock.Ahead.TotalSeconds} s ahead; the service goes on without it until it is right again or has held for {time.HoldFor}."))
            : HealthCheckResult.Healthy("The service goes by the clock of this machine.");
    }
}
