using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Health;

/// <summary>
/// The report of <c>/health/ready</c>. Anyone may ask for it, so what asks the store is read at most every two seconds and shared by all; what is in
/// memory is read for each, as a node that cannot issue must say so at once. What changes is logged. Thread-safe.
/// </summary>
internal sealed class ReadyReport(
    HealthCheckService checks, IOptions<HealthCheckServiceOptions> options, TimeProvider time, HealthLog log)
{
    /// <summary>The tag of a check that looks only at what is in memory.</summary>
    public const string Live = "live";

    private static readonly TimeSpan BetweenReads = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task<HealthReport>? _shared;
    private long _sharedAt;

    /// <summary>All checks, in the order in which they were registered.</summary>
    public async Task<HealthReport> ReadAsync(CancellationToken cancellationToken)
    {
        var shared = await ReadShared().WaitAsync(cancellationToken);

        // After the wait, which may be long where the store hangs.
        var live = await checks.CheckHealthAsync(static check => check.Tags.Contains(Live), cancellationToken);
        var report = new HealthReport(
            options.Value.Registrations.ToDictionary(
                static check => check.Name, check => live.Entries.TryGetValue(check.Name, out var entry) ? entry : shared.Entries[check.Name]),
            live.TotalDuration);
        log.Tell(report);
        return report;
    }

    private Task<HealthReport> ReadShared()
    {
        lock (_gate)
        {
            if (_shared is null || (_shared.IsCompleted && time.GetElapsedTime(_sharedAt) >= BetweenReads))
            {
                _sharedAt = time.GetTimestamp();

                // Not the token of the one who happens to come first.
                _shared = checks.CheckHealthAsync(static check => !check.Tags.Contains(Live), CancellationToken.None);
            }

            return _shared;
        }
    }
}
