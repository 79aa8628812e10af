using System.Globalization;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>
/// Red when nothing can be stored: by the flag that every failed write or read sets and every good write takes back. Nothing is asked of the database here:
/// anyone may ask this, as often as he likes. <see cref="DatabaseWatch"/> tries a write while it is red. Yellow while there are licenses that cannot be read.
/// </summary>
internal sealed class DatabaseHealth(DatabaseState state, UnreadableLicenses unreadable) : IHealthCheck
{
    /// <summary>The entry while a read hangs, which no flag tells.</summary>
    public static readonly HealthReportEntry Silent = new(
        HealthStatus.Unhealthy, "The database does not answer; the log says why.", TimeSpan.Zero, exception: null, data: null);

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (state.IsLost)
        {
            return HealthCheckResult.Unhealthy("The files of the database were taken away; the log says which. This process ends.");
        }

        if (state.Fault is not null)
        {
            // The reason is in the log; who may ask here need not know it.
            return HealthCheckResult.Unhealthy("Nothing can be stored; the log says why.");
        }

        return unreadable.Count is var count and > 0
            ? HealthCheckResult.Degraded(string.Create(
                CultureInfo.InvariantCulture, $"The database answers, but {count} licenses in it cannot be read; the log names them. The others are served."))
            : HealthCheckResult.Healthy("The database answers.");
    }
}
