using System.Diagnostics.Metrics;
using LicenseAuthority.Doors;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Marketplaces;

/// <summary>Counts the calls that the journal took and those that it had to drop, and tells of these at most once a minute. Thread-safe.</summary>
internal sealed partial class CallJournalMetrics
{
    /// <summary>More came than could be stored.</summary>
    public const string Full = "full";

    /// <summary>The store did not take it.</summary>
    public const string Failed = "failed";

    private readonly Counter<long> _written;
    private readonly Counter<long> _dropped;
    private readonly LogSampler _sampler;
    private readonly ILogger<CallJournalMetrics> _logger;
    private long _droppedInAll;

    public CallJournalMetrics(IMeterFactory meters, TimeProvider time, ILogger<CallJournalMetrics> logger)
    {
        var meter = meters.Create(AuthorityTelemetry.Name);
        _written = meter.CreateCounter<long>("license_authority.journal.written", "{call}", "Marketplace calls stored in the journal.");
        _dropped = meter.CreateCounter<long>("license_authority.journal.dropped", "{call}", "Marketplace calls that are missing in the journal.");
        _sampler = new LogSampler(time);
        _logger = logger;
    }

    /// <summary>Dropped since the start.</summary>
    public long DroppedInAll => Interlocked.Read(ref _droppedInAll);

    public void Written(int calls) => _written.Add(calls);

    public void Dropped(int calls, string reason)
    {
        if (calls == 0)
        {
            return;
        }

        _dropped.Add(calls, new KeyValuePair<string, object?>("license_authority.reason", reason));
        var inAll = Interlocked.Add(ref _droppedInAll, calls);
        if (reason == Full && _sampler.Count(out _))
        {
            LogDropped(_logger, inAll);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The journal of marketplace calls drops calls, as more come than can be stored: {Count} are missing since the start. They were answered all the same.")]
    private static partial void LogDropped(ILogger logger, long count);
}
