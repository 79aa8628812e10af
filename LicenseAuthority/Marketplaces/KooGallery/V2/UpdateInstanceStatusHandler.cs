using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>Serves <c>updateInstanceStatus</c> (protocol section 5b): frozen when it expired or broke a rule, unfrozen after a renewal or when that is mended.</summary>
internal sealed class UpdateInstanceStatusHandler(LicenseService licenses, PendingOrderService pending, RefusedCalls refused)
    : V2InstanceHandler(licenses, pending, refused)
{
    /// <inheritdoc/>
    public override string Activity => "updateInstanceStatus";

    /// <inheritdoc/>
    protected override LicenseCommand Read(ParameterReader parameters) => V2Commands.ReadStatus(parameters, Activity);

    /// <inheritdoc/>
    /// <remarks>As with a license that was released: there is nothing to freeze any more.</remarks>
    protected override ValueTask<MarketplaceAnswer?> AnswerWithoutLicenseAsync(PendingOrder order, MarketplaceCall call, CancellationToken cancellationToken) =>
        order.End is PendingOrderEnd.Released or PendingOrderEnd.Unsubscribed
            ? ValueTask.FromResult<MarketplaceAnswer?>(MarketplaceAnswer.Success)
            : base.AnswerWithoutLicenseAsync(order, call, cancellationToken);
}
