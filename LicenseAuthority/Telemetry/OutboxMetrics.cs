using System.Diagnostics.Metrics;
using LicenseAuthority.Outbox;

namespace LicenseAuthority.Telemetry;

/// <summary>What waits to be sent, over all nodes. Nothing while the store does not answer.</summary>
internal sealed class OutboxMetrics
{
    private readonly ObservedFigure<OutboxFigures> _figures;

    public OutboxMetrics(IMeterFactory meters, IOutboxFigures outbox, TimeProvider time)
    {
        _figures = new ObservedFigure<OutboxFigures>(outbox.ReadAsync, time);
        var meter = meters.Create(AuthorityTelemetry.Name);
        meter.CreateObservableGauge("license_authority.outbox.pending", () => Observe(static figures => figures.Pending), "{message}", "Messages that wait to be sent.");
        meter.CreateObservableGauge("license_authority.outbox.parked", () => Observe(static figures => figures.DeadLettered), "{message}", "Messages that were given up.");
        meter.CreateObservableGauge(
            "license_authority.outbox.oldest.age",
            () => Observe(figures => figures.OldestPendingAt is { } oldest ? Math.Max(0, (time.GetUtcNow() - oldest).TotalSeconds) : 0),
            "s",
            "How long the oldest message has waited; 0 = none waits.");
    }

    private IEnumerable<Measurement<TValue>> Observe<TValue>(Func<OutboxFigures, TValue> value)
        where TValue : struct => _figures.TryGet(out var figures) ? [new Measurement<TValue>(value(figures!))] : [];
}
