using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// Serves <c>newInstance</c> (protocol section 5d): an order gets its instance. The call does not say what was bought; the open API does, now or later.
/// <c>businessId</c>, mandatory in the protocol, changes with every repeat and is not read: no order may fail for it.
/// </summary>
internal sealed class NewInstanceHandler(PendingOrderService orders, UnservedOrders unserved) : ICallHandler
{
    /// <summary>The call's name.</summary>
    public const string Name = "newInstance";

    private const string OrderId = "orderId";
    private const string OrderLineId = "orderLineId";

    /// <inheritdoc/>
    public string Activity => Name;

    /// <inheritdoc/>
    public string Method => HttpMethods.Post;

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceCall call, CancellationToken cancellationToken)
    {
        var parameters = new ParameterReader(call.Parameters);
        var orderId = parameters.Required(OrderId, ParameterReader.LongestId);
        var orderLineId = parameters.Required(OrderLineId, ParameterReader.LongestId);
        var test = parameters.TestFlag();
        if (parameters.Problem is { } problem)
        {
            return MarketplaceAnswer.BadParameter(problem);
        }

        var nonce = new OrderNonce(call.Nonce!, static opened => AnswerTo(opened).ToText());
        return AnswerTo(await orders.OpenAsync(new PendingOrderKey(call.Account.Name, test, orderId, orderLineId), Activity, nonce, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task RefusedAsync(MarketplaceCall call, MarketplaceAnswer answer, bool storeIsBusy)
    {
        // An answer with an instance is about an order that is pending, and whoever looks it up has kept it.
        if (answer.InstanceId is not null || answer.Code is not (ResultCode.BadParameter or ResultCode.InternalError))
        {
            return;
        }

        var reason = $"answered {answer}";
        var parameters = new ParameterReader(call.Parameters);
        var orderId = parameters.Required(OrderId, ParameterReader.LongestId);
        if (parameters.Problem is not null)
        {
            unserved.TellUnreadable(call.Account.Name, reason);
            return;
        }

        // A line that is cut to what can be read is none that could come again.
        var orderLineId = parameters.Required(OrderLineId, ParameterReader.LongestId);
        var key = new PendingOrderKey(call.Account.Name, call.SaysTest, orderId, parameters.Problem is null ? orderLineId : "");
        await unserved.KeepAsync(
            new UnservedOrder(
                new OrderFacts(key.For(""), MarketplaceCustomerId: null, CustomerName: null), Quantity: null, ExpiresAt: null,
                new CallSource(CallSource.Marketplace, Activity, orderId, ParameterReader.Readable(call.Parameters, OrderLineId, ParameterReader.LongestId)), reason)
            {
                InstanceId = storeIsBusy ? null : await orders.FindInstanceIdAsync(key),
            },
            storeIsBusy);
    }

    private static MarketplaceAnswer AnswerTo(OpenedOrder opened) => opened.Status switch
    {
        OpenedOrderStatus.Served or OpenedOrderStatus.Ended => MarketplaceAnswer.Success with { InstanceId = opened.InstanceId },
        OpenedOrderStatus.Pending => new MarketplaceAnswer(ResultCode.InProgress, "the order is being looked up", InstanceId: opened.InstanceId),
        OpenedOrderStatus.NotSold => MarketplaceAnswer.BadParameter(
            $"the order's product is {MarketplaceQuery.Shorten(opened.MarketplaceProductId!)}, which is not configured for sale here") with
        {
            InstanceId = opened.InstanceId,
        },
        OpenedOrderStatus.NoCredentials => new MarketplaceAnswer(
            ResultCode.InternalError, "the seller has not configured access to the open API yet, so the order cannot be looked up; repeat the call"),
        _ => throw new InvalidOperationException($"No order is {opened.Status}."),
    };
}
