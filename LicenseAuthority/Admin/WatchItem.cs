using LicenseAuthority.Licensing.Products;
using LicenseAuthority.Marketplaces.Watch;

namespace LicenseAuthority.Admin;

/// <summary>A month of the watch as the admin door shows it.</summary>
internal sealed record WatchItem(
    string Month,
    int Limit,
    IReadOnlyList<WatchedProductItem> Items,
    IReadOnlyList<RestartItem> Restart,
    IReadOnlyList<SlowAnswers> Slow,
    IReadOnlyList<DialTestItem> DialTests,
    long Refused)
{
    public static WatchItem From(string month, WatchReport report, WatchPolicy policy, ProductCatalogs products, DateTimeOffset now)
    {
        var orders = report.Orders.ToLookup(static order => (order.Key.Account, order.ProductId));
        return new WatchItem(
            month,
            policy.MostFailed,
            [.. report.Products.Select(product => WatchedProductItem.From(product, orders[(product.Account, product.ProductId)], products, now))],
            [.. report.Restarts.Select(RestartItem.From)],
            report.Slow,
            [.. report.Tests.Select(DialTestItem.From)],
            report.Refused);
    }
}

/// <summary>A product with its orders that failed.</summary>
internal sealed record WatchedProductItem(
    string Account, string? ProductId, string? Product, int Failing, int Failed, int Recovered, IReadOnlyList<FailedOrderItem> Orders)
{
    public static WatchedProductItem From(ProductMonth product, IEnumerable<FailedOrder> orders, ProductCatalogs products, DateTimeOffset now) => new(
        product.Account,
        product.ProductId is { Length: > 0 } id ? id : null,
        product.ProductId.Length == 0 ? null : products.FindByMarketplaceId(product.Account, product.ProductId)?.Id,
        product.Failing,
        product.Failed,
        product.Recovered,
        [.. orders.Select(order => FailedOrderItem.From(order, now))]);
}

/// <summary>An order that failed.</summary>
internal sealed record FailedOrderItem(
    string? OrderId,
    string? OrderLineId,
    string Activity,
    string Status,
    DateTimeOffset FirstAt,
    DateTimeOffset LastAt,
    int Attempts,
    string? ResultCode,
    string? ResultMsg,
    WatchedCustomerItem Customer)
{
    public static FailedOrderItem From(FailedOrder order, DateTimeOffset now)
    {
        var isReadable = order.Key.OrderId.Length > 0;
        return new FailedOrderItem(
            isReadable ? order.Key.OrderId : null,
            isReadable && order.Key.OrderLineId.Length > 0 ? order.Key.OrderLineId : null,
            order.Activity,
            WatchWords.Statuses.WordOf(order.StatusAt(now)),
            order.FirstAt,
            order.LastAt,
            order.Attempts,
            order.ResultCode,
            order.ResultMsg,
            new WatchedCustomerItem(order.CustomerId, order.CustomerName));
    }

    /// <summary>Says which order, not whose.</summary>
    public override string ToString() => $"order {OrderId} {Status}";
}

/// <summary>Who bought, as far as the call said so.</summary>
internal sealed record WatchedCustomerItem(string? Id, string? Name)
{
    /// <summary>Says nobody's name.</summary>
    public override string ToString() => $"customer {Id}";
}

/// <summary>A call that has to be made again at the marketplace.</summary>
internal sealed record RestartItem(
    string CallId, DateTimeOffset At, string Account, string Activity, string? InstanceId, string? OrderId, string ResultCode, string ResultMsg)
{
    public static RestartItem From(RestartCall call) => new(
        call.CallId, call.At, call.Account, call.Activity, call.InstanceId, call.OrderId, call.ResultCode, call.ResultMsg);
}

/// <summary>The dial tests of one activity.</summary>
internal sealed record DialTestItem(string Account, string Activity, DateTimeOffset LastAt, string LastResultCode, int FailedDays)
{
    public static DialTestItem From(DialTest test) => new(test.Account, test.Activity, test.Last.LastAt, test.Last.LastResultCode, test.FailedDays);
}

/// <summary>A month of a product.</summary>
internal sealed record WatchMonthItem(string Month, string Account, string? ProductId, int Failed, int Recovered)
{
    public static WatchMonthItem From(ProductMonth month) => new(
        month.Month, month.Account, month.ProductId is { Length: > 0 } id ? id : null, month.Failed, month.Recovered);
}
