using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// Serves <c>refreshInstance</c> (protocol section 5g): a renewal, the refund of one, or a trial that became formal; the scene says which. The pages disagree about
/// whose the order is: the instance is known by <c>instanceId</c> only.
/// </summary>
internal sealed class RefreshInstanceHandler(LicenseService licenses, PendingOrderService pending, RefusedCalls refused, IOptions<MarketplaceOptions> options)
    : V2InstanceHandler(licenses, pending, refused)
{
    /// <inheritdoc/>
    public override string Activity => "refreshInstance";

    /// <inheritdoc/>
    protected override LicenseCommand Read(ParameterReader parameters) => V2Commands.ReadTerm(parameters, Activity, options.Value.ExpireTimeOffset);
}
