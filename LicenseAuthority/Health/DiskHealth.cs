using System.Globalization;
using LicenseAuthority.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Health;

/// <summary>Yellow when the disk of the SQLite database is nearly full. When it is, <c>database</c> is red.</summary>
internal sealed class DiskHealth(DatabaseState state, IOptions<StorageOptions> options) : IHealthCheck
{
    private const long MiB = 1024 * 1024;

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (state.FreeBytes is not { } free)
        {
            return HealthCheckResult.Healthy("The database is on no disk of this machine that tells its free space.");
        }

        var description = string.Create(CultureInfo.InvariantCulture, $"{free / MiB} MiB are left on the disk of the database.");
        return free < options.Value.FreeSpaceWarningMiB * MiB ? HealthCheckResult.Degraded(description) : HealthCheckResult.Healthy(description);
    }
}
