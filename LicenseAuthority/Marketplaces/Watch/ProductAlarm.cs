using LicenseAuthority.Outbox;
using LicenseAuthority.Webhooks;

namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>
/// So many orders of a product fail in a month that somebody is told: raised once for each threshold, also where some were served in between. Immutable.
/// </summary>
/// <param name="Order">The order that made it so many.</param>
/// <param name="Failing">How many are failing.</param>
/// <param name="Failed">How many have failed.</param>
/// <param name="At">When it was noticed.</param>
internal sealed record ProductAlarm(FailedOrder Order, int Failing, int Failed, DateTimeOffset At)
{
    /// <summary>What webhooks hear.</summary>
    public Notice ToNotice(int limit) => new(WebhookEvents.CallFailed, At, writer =>
    {
        writer.WriteString("account", Order.Key.Account);
        writer.WriteString("productId", Order.ProductId is { Length: > 0 } product ? product : null);
        writer.WriteString("month", Order.Month);
        writer.WriteNumber("failing", Failing);
        writer.WriteNumber("failed", Failed);
        writer.WriteNumber("limit", limit);
        writer.WriteString("orderId", Order.Key.OrderId is { Length: > 0 } orderId ? orderId : null);
        writer.WriteString("activity", Order.Activity);
        writer.WriteString("resultCode", Order.ResultCode);
        writer.WriteString("resultMsg", Order.ResultMsg);
    });
}
