using System.Diagnostics.Metrics;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>How many orders of each product are failing or have failed in this month, over all nodes. Nothing while the store does not answer.</summary>
internal sealed class WatchMetrics
{
    private readonly ObservedFigure<WatchCondition> _condition;

    public WatchMetrics(IMeterFactory meters, IWatchStore store, WatchPolicy policy, TimeProvider time)
    {
        _condition = new ObservedFigure<WatchCondition>(
            cancellationToken =>
            {
                var now = time.GetUtcNow();
                return store.ReadConditionAsync(WatchRules.MonthOf(now, policy), now, cancellationToken);
            },
            time);
        meters.Create(AuthorityTelemetry.Name).CreateObservableGauge(
            "license_authority.marketplace.failed_orders", Observe, "{order}", "Orders of a product that are failing or have failed in this month.");
    }

    // Products are named by authenticated calls only: nobody else can make series of his own. Without any there is one, so that an alarm has what to look at.
    private IEnumerable<Measurement<int>> Observe() => !_condition.TryGet(out var condition)
        ? []
        : condition!.Products.Count == 0
            ? [new Measurement<int>(0)]
            : condition.Products.Select(static product => new Measurement<int>(
                product.Orders,
                new KeyValuePair<string, object?>("license_authority.account", product.Account),
                new KeyValuePair<string, object?>("license_authority.marketplace.product_id", product.ProductId)));
}
