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
    protected override LicenseCommand Read(ParameterReader parameters)
    {
        var status = parameters.Required("status", 32);
        switch (status)
        {
            case "FREEZE":
                return new LicenseCommand.Suspend(SourceOf(), MarketplacePolicy.Calls, "the marketplace froze it");
            case "UNFREEZE":
                break;
            default:
                parameters.Fail($"the parameter status is {MarketplaceQuery.Shorten(status)}, it must be FREEZE or UNFREEZE");
                break;
        }

        return new LicenseCommand.Resume(SourceOf(), MarketplacePolicy.Calls);
    }

    /// <inheritdoc/>
    /// <remarks>As with a license that was released: there is nothing to freeze any more.</remarks>
    protected override ValueTask<MarketplaceAnswer?> AnswerWithoutLicenseAsync(PendingOrder order, MarketplaceCall call, CancellationToken cancellationToken) =>
        order.End is PendingOrderEnd.Released or PendingOrderEnd.Unsubscribed
            ? ValueTask.FromResult<MarketplaceAnswer?>(MarketplaceAnswer.Success)
            : base.AnswerWithoutLicenseAsync(order, call, cancellationToken);
}
