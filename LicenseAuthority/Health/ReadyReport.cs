using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Health;

/// <summary>
/// The report of <c>/health/ready</c>. Anyone may ask for it, so what asks the store is read at most every two seconds and shared by all; what is in
/// memory is read for each, as a node that cannot issue must say so at once, whatever the store does. What changes is logged. Thread-safe.
/// </summary>
internal sealed class ReadyReport(
    HealthCheckService checks, IOptions<HealthCheckServiceOptions> options, TimeProvider time, HealthLog log)
{
    /// <summary>The tag of a check that looks only at what is in memory.</summary>
    public const string Live = "live";

    /// <summary>How long the store may take to answer before the database is red.</summary>
    public static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan BetweenReads = TimeSpan.FromSeconds(2);

    // How long a reading is waited for, from its beginning: a store that works has answered by then, for one that hangs nobody waits.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private static readonly HealthReportEntry NotKnown = new(
        HealthStatus.Degraded, "It is not known yet: the database has not answered.", TimeSpan.Zero, exception: null, data: null);

    private readonly Lock _gate = new();
    private Reading? _reading;
    private volatile HealthReport? _shared;

    /// <summary>All checks, in the order in which they were registered. Of those that ask the store the last answer, where it is slow.</summary>
    public async Task<HealthReport> ReadAsync(CancellationToken cancellationToken)
    {
        var reading = Read();
        var live = await CheckAsync(isLive: true, cancellationToken);
        if (live.Status != HealthStatus.Unhealthy && await WaitAsync(reading, cancellationToken))
        {
            // The store may have failed it.
            live = await CheckAsync(isLive: true, cancellationToken);
        }

        var shared = _shared;
        var isSilent = !reading.Answer.IsCompleted && time.GetElapsedTime(reading.BegunAt) >= LongestAnswer;
        var report = new HealthReport(
            options.Value.Registrations.ToDictionary(
                static check => check.Name,
                check => isSilent && check.Name == HealthServices.Database ? DatabaseHealth.Silent
                    : live.Entries.TryGetValue(check.Name, out var entry) || shared?.Entries.TryGetValue(check.Name, out entry) == true ? entry
                    : NotKnown),
            live.TotalDuration);
        if (shared is not null)
        {
            log.Tell(report);
        }

        return report;
    }

    // True if there was something to wait for, and it came.
    private async Task<bool> WaitAsync(Reading reading, CancellationToken cancellationToken)
    {
        var left = LongestWait - time.GetElapsedTime(reading.BegunAt);
        if (reading.Answer.IsCompleted || left <= TimeSpan.Zero)
        {
            return false;
        }

        try
        {
            await reading.Answer.WaitAsync(left, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private Reading Read()
    {
        lock (_gate)
        {
            if (_reading is null || (_reading.Answer.IsCompleted && time.GetElapsedTime(_reading.BegunAt) >= BetweenReads))
            {
                _reading = new Reading(ShareAsync(), time.GetTimestamp());
            }

            return _reading;
        }
    }

    // Not with the token of the one who happens to come first.
    private async Task ShareAsync() => _shared = await CheckAsync(isLive: false, CancellationToken.None);

    private Task<HealthReport> CheckAsync(bool isLive, CancellationToken cancellationToken) =>
        checks.CheckHealthAsync(check => check.Tags.Contains(Live) == isLive, cancellationToken);

    private sealed record Reading(Task Answer, long BegunAt);
}
