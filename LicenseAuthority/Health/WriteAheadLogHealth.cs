using System.Globalization;
using LicenseAuthority.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>Yellow when the write-ahead log of the SQLite database cannot be brought over, or has grown long: another program keeps a read open on it.</summary>
internal sealed class WriteAheadLogHealth(DatabaseState state) : IHealthCheck
{
    private const long MiB = 1024 * 1024;

    // The writer ends it at 64 MB, unless somebody reads from it.
    private const long LongLog = 256 * MiB;

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (state.CheckpointFault is not null)
        {
            return HealthCheckResult.Degraded("The write-ahead log cannot be brought over into the database; the log of the service says why.");
        }

        if (state.LogBytes is not { } length)
        {
            return HealthCheckResult.Healthy("There is no write-ahead log.");
        }

        var description = string.Create(CultureInfo.InvariantCulture, $"The write-ahead log has {(length + MiB - 1) / MiB} MiB.");
        return length > LongLog ? HealthCheckResult.Degraded($"{description} Another program keeps a read open on the database.") : HealthCheckResult.Healthy(description);
    }
}
