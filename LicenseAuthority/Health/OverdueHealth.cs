using System.Globalization;
using LicenseAuthority.Clock;
using LicenseAuthority.Expiry;
using LicenseAuthority.Licensing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Health;

/// <summary>Yellow when a license has been due for much longer than the scheduler's interval: sweeps fail or do not keep up. Not
/// while the clock is in doubt, as there are no sweeps then.</summary>
internal sealed class OverdueHealth(IDueLicenses dueLicenses, IOptions<ExpiryOptions> options, SteadyTime time) : IHealthCheck
{
    // A sweep over very many licenses may take more than one interval.
    private const int Intervals = 10;

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var clock = time.Read();
        if (!options.Value.Enabled || await dueLicenses.FindOldestDueAsync(cancellationToken) is not { } oldest || oldest > clock.Now)
        {
            return HealthCheckResult.Healthy("No license is overdue.");
        }

        if (!clock.IsSettled)
        {
            return HealthCheckResult.Healthy("Licenses are due, and wait until the clock of this machine has held for a while (Clock:HoldFor).");
        }

        var overdue = clock.OverdueSince(oldest);
        var description = string.Create(CultureInfo.InvariantCulture, $"The oldest license to be settled has been due for {(long)overdue.TotalSeconds} s.");
        return overdue > Intervals * options.Value.Interval ? HealthCheckResult.Degraded(description) : HealthCheckResult.Healthy(description);
    }
}
