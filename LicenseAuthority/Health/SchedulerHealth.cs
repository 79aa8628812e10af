using System.Globalization;
using LicenseAuthority.Expiry;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Quartz;

namespace LicenseAuthority.Health;

/// <summary>
/// Yellow when the scheduler does not run, or would only much later: every answer is right all the same, but what the clock decided is recorded late,
/// and nobody hears of it. Asks the store, on PostgreSQL.
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
        if (scheduler.Status != SchedulerStatus.Running)
        {
            return HealthCheckResult.Degraded("The scheduler does not run.");
        }

        try
        {
            return await services.GetRequiredService<SweepSchedule>().FindStrandedRunAsync(cancellationToken) is { } run
                ? HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"The scheduler runs, but the next sweep comes only at {run:u}."))
                : HealthCheckResult.Healthy("The scheduler runs.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // On PostgreSQL. The check of the database tells why.
            return HealthCheckResult.Degraded("The scheduler runs, but when its next run comes cannot be read.");
        }
    }
}
