using LicenseAuthority.Outbox;

namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>Tells the log of what the watch has found, once it is stored, and has the webhooks hear. Thread-safe.</summary>
internal sealed partial class WatchAlarms(WatchPolicy policy, OutboxSignal signal, ILogger<WatchAlarms> logger)
{
    /// <summary>Tells of alarms in the order in which they were raised.</summary>
    public void Tell(IReadOnlyList<ProductAlarm> alarms)
    {
        foreach (var alarm in alarms)
        {
            Tell(alarm);
        }

        if (alarms.Count > 0)
        {
            signal.Wake();
        }
    }

    /// <summary>Tells that an account's dial tests have stopped.</summary>
    public void TellStopped(string account, DateTimeOffset lastAt) => LogStopped(account, Rfc3339.Seconds(lastAt));

    private void Tell(ProductAlarm alarm)
    {
        var order = alarm.Order;
        var product = order.ProductId is { Length: > 0 } known ? known : "unknown";
        var count = alarm.Failing + alarm.Failed;
        if (count >= policy.MostFailed)
        {
            LogLast(order.Key.Account, product, count, order.Month, order.Key.OrderId, order.Activity, order.ResultCode, order.ResultMsg);
        }
        else
        {
            LogFailed(order.Key.Account, product, count, order.Month, policy.MostFailed, order.Key.OrderId, order.Activity, order.ResultCode, order.ResultMsg);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Account {Account}, product {ProductId}: {Count} orders have failed in {Month}, more than {Limit} delist the product. The last one is {OrderId}: {Activity} was answered {ResultCode} {ResultMsg}. /admin/v1/marketplace/watch has all of them.")]
    private partial void LogFailed(
        string account, string productId, int count, string month, int limit, string orderId, string activity, string? resultCode, string? resultMsg);

    [LoggerMessage(LogLevel.Error, "ALARM: account {Account}, product {ProductId}: {Count} orders have failed in {Month}, and the next one delists the product. The last one is {OrderId}: {Activity} was answered {ResultCode} {ResultMsg}. /admin/v1/marketplace/watch has all of them: mend what they were refused for, and have those that are failing made again.")]
    private partial void LogLast(
        string account, string productId, int count, string month, string orderId, string activity, string? resultCode, string? resultMsg);

    [LoggerMessage(LogLevel.Warning, "Account {Account}: the marketplace's dial tests came on three days in a row, and since {LastAt} there was none. If the product is on sale, see in the seller centre whether its production address is this service's, and whether it is reached.")]
    private partial void LogStopped(string account, string lastAt);
}
