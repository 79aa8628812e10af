using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// Serves <c>releaseInstance</c> (protocol section 5h): refunded, or not renewed within the retention. <c>orderId</c>, if there is one, is the refund's.
/// </summary>
internal sealed class ReleaseInstanceHandler(LicenseService licenses, PendingOrderService pending, RefusedCalls refused)
    : V2InstanceHandler(licenses, pending, refused)
{
    private readonly PendingOrderService _pending = pending;

    /// <inheritdoc/>
    public override string Activity => "releaseInstance";

    /// <inheritdoc/>
    protected override LicenseCommand Read(ParameterReader parameters) => V2Commands.ReadRelease(parameters, Activity);

    /// <inheritdoc/>
    /// <remarks>Where there is no license yet there will be none.</remarks>
    protected override async ValueTask<MarketplaceAnswer?> AnswerWithoutLicenseAsync(
        PendingOrder order, MarketplaceCall call, CancellationToken cancellationToken)
    {
        if (order.End == PendingOrderEnd.Served)
        {
            return null;
        }

        var answered = new AnsweredNonce(call.Nonce!, MarketplaceAnswer.Success.ToText());
        return order.End is not null
            || await _pending.ReleaseAsync(order, answered, cancellationToken)

            // Somebody was first: it has its license now, or the very same call has released it.
            || await _pending.FindAsync(new LicenseTarget(order.InstanceId), cancellationToken) is { End: PendingOrderEnd.Released or PendingOrderEnd.Unsubscribed }
                ? MarketplaceAnswer.Success
                : null;
    }
}
