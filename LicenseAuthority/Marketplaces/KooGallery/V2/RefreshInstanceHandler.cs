using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// Serves <c>refreshInstance</c> (protocol section 5g): a renewal, the refund of one, or a trial that became formal; the scene says which. The pages disagree about
/// whose the order is: the instance is known by <c>instanceId</c> only. The product, which may be absent, is only kept with the order.
/// </summary>
internal sealed class RefreshInstanceHandler(LicenseService licenses, PendingOrderService pending, RefusedCalls refused, IOptions<MarketplaceOptions> options)
    : V2InstanceHandler(licenses, pending, refused)
{
    /// <inheritdoc/>
    public override string Activity => "refreshInstance";

    /// <inheritdoc/>
    protected override LicenseCommand Read(ParameterReader parameters)
    {
        var scene = parameters.Required("scene", 64);
        var purpose = RenewalScenes.PurposeOf(scene);
        if (purpose is null)
        {
            parameters.Fail($"the parameter scene is {MarketplaceQuery.Shorten(scene)}, which is not served");
        }

        var orderId = parameters.Required("orderId", ParameterReader.LongestId);
        var orderLineId = parameters.Required("orderLineId", ParameterReader.LongestId);
        var productId = parameters.Optional("productId", ParameterReader.LongestId);
        var expiresAt = parameters.RequiredExpireTime(options.Value.ExpireTimeOffset);
        return new LicenseCommand.SetTerm(SourceOf(orderId, orderLineId), MarketplacePolicy.Calls, purpose ?? default, expiresAt)
        {
            Order = new TermOrder(scene, productId),
            Keys = [CallKey.Renewal(scene, orderId, orderLineId, expiresAt)],
        };
    }
}
