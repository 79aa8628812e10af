using System.Globalization;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>
/// Red when nothing can be stored: by the flag that every failed write sets and every good one takes back, and by a read that is not answered. While it is
/// red, who asks has a write tried. Yellow while there are licenses that cannot be read.
/// </summary>
internal sealed class DatabaseHealth(DatabaseState state, WriteProbe probe, IDueLicenses dueLicenses, UnreadableLicenses unreadable) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (state.IsLost)
        {
            return HealthCheckResult.Unhealthy("The files of the database were taken away; the log says which. This process ends.");
        }

        if (state.Fault is not null && !await probe.TryAsync().WaitAsync(cancellationToken))
        {
            return HealthCheckResult.Unhealthy("Nothing can be stored; the log says why.");
        }

        try
        {
            await dueLicenses.FindOldestDueAsync(cancellationToken);
            return unreadable.Count is var count and > 0
                ? HealthCheckResult.Degraded(string.Create(
                    CultureInfo.InvariantCulture, $"The database answers, but {count} licenses in it cannot be read; the log names them. The others are served."))
                : HealthCheckResult.Healthy("The database answers.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The reason is in the log; who may ask here need not know it.
            return HealthCheckResult.Unhealthy("The database does not answer; the log says why.", exception);
        }
    }
}
