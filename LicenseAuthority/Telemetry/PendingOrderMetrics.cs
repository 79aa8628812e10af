using System.Diagnostics.Metrics;
using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Telemetry;

/// <summary>Orders of which it is not known yet what was bought, over all nodes. Nothing while the store does not answer.</summary>
internal sealed class PendingOrderMetrics
{
    private readonly ObservedFigure<PendingOrderFigures> _figures;

    public PendingOrderMetrics(IMeterFactory meters, IPendingOrderFigures orders, TimeProvider time)
    {
        _figures = new ObservedFigure<PendingOrderFigures>(orders.ReadAsync, time);
        var meter = meters.Create(AuthorityTelemetry.Name);
        meter.CreateObservableGauge(
            "license_authority.orders.pending", () => Observe(static figures => figures.Pending), "{order}", "Orders that were paid for and are not looked up yet.");
        meter.CreateObservableGauge(
            "license_authority.orders.pending.oldest.age",
            () => Observe(figures => figures.OldestSince is { } oldest ? Math.Max(0, (time.GetUtcNow() - oldest).TotalSeconds) : 0),
            "s",
            "How long the oldest of them has waited; 0 = none waits.");
    }

    private IEnumerable<Measurement<TValue>> Observe<TValue>(Func<PendingOrderFigures, TValue> value)
        where TValue : struct => _figures.TryGet(out var figures) ? [new Measurement<TValue>(value(figures!))] : [];
}
