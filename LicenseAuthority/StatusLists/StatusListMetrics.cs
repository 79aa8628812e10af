using System.Diagnostics.Metrics;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.StatusLists;

/// <summary>Measures how status lists are published by this node, and how old what it serves is.</summary>
internal sealed class StatusListMetrics
{
    private readonly StatusListBoard _board;
    private readonly TimeProvider _time;
    private readonly Counter<long> _published;
    private readonly Histogram<double> _duration;

    public StatusListMetrics(IMeterFactory meters, StatusListBoard board, TimeProvider time)
    {
        _board = board;
        _time = time;
        var meter = meters.Create(AuthorityTelemetry.Name);
        _published = meter.CreateCounter<long>("license_authority.status_lists.published", "{list}", "Tokens of status lists that this node signed and stored.");
        _duration = meter.CreateHistogram<double>("license_authority.status_list.publish.duration", "s", "To pack, sign, check and store the token of a status list.");
        meter.CreateObservableGauge("license_authority.status_lists.age", ObserveAge, "s", "How long ago the token was signed that is the oldest of those served.");
    }

    /// <summary>A token was published, by work that began at this time stamp.</summary>
    public void Published(long startedAt)
    {
        _published.Add(1);
        _duration.Record(_time.GetElapsedTime(startedAt).TotalSeconds);
    }

    private IEnumerable<Measurement<double>> ObserveAge() =>
        _board.FindOldest() is { } oldest ? [new Measurement<double>(Math.Max(0, (_time.GetUtcNow() - oldest).TotalSeconds))] : [];
}
