using LicenseAuthority.Expiry;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Quartz;

namespace LicenseAuthority.Health;

/// <summary>
/// Yellow when the scheduler does not run: every answer is right all the same, but what the clock decided is recorded late, and nobody hears of it.
/// </summary>
internal sealed class SchedulerHealth(IServiceProvider services) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (services.GetKeyedService<ISchedulerFactory>(ExpiryServices.SchedulerName) is not { } factory)
        {
            return HealthCheckResult.Healthy("The scheduler is switched off (Expiry:Enabled).");
        }

        var scheduler = await factory.GetScheduler(cancellationToken);
        return scheduler.Status == SchedulerStatus.Running
            ? HealthCheckResult.Healthy("The scheduler runs.")
            : HealthCheckResult.Degraded("The scheduler does not run.");
    }
}
