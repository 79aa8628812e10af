using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>
/// Tells the log what the health checks found when it changes, and not whenever somebody asks, who need not be anybody we know. At most one line in
/// <see cref="BetweenLines"/>; what changed meanwhile, and stayed so, comes with the next report after that. Thread-safe.
/// </summary>
internal sealed partial class HealthLog(TimeProvider time, ILogger<HealthLog> logger)
{
    /// <summary>The least time from a line to the next.</summary>
    public static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, HealthStatus> _told = [];
    private long? _toldAt;

    public void Tell(HealthReport report)
    {
        lock (_gate)
        {
            // DatabaseWatch tells about the database, with the reason.
            var changed = report.Entries
                .Where(entry => entry.Key != HealthServices.Database && entry.Value.Status != _told.GetValueOrDefault(entry.Key, HealthStatus.Healthy))
                .ToList();
            if (changed.Count == 0 || (_toldAt is { } toldAt && time.GetElapsedTime(toldAt) < BetweenLines))
            {
                return;
            }

            _toldAt = time.GetTimestamp();
            foreach (var (name, entry) in changed)
            {
                _told[name] = entry.Status;
            }

            var level = changed.Min(static entry => entry.Value.Status) switch
            {
                HealthStatus.Unhealthy => LogLevel.Error,
                HealthStatus.Degraded => LogLevel.Warning,
                _ => LogLevel.Information,
            };
            Log(level, string.Join("; ", changed.Select(static entry => $"{entry.Key} is {entry.Value.Status}: {HealthServices.DescriptionOf(entry.Value)}{ReasonOf(entry.Value)}")));
        }
    }

    // The log may know what who asks may not.
    private static string ReasonOf(HealthReportEntry entry) => entry.Exception is { } fault ? $" ({fault.GetType().Name}: {fault.Message})" : "";

    [LoggerMessage("Health has changed: {Changes}")]
    private partial void Log(LogLevel level, string changes);
}
