using LicenseAuthority.Licensing;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplace.V1;

/// <summary>
/// Serves <c>refreshLicense</c> (protocol section 3): a renewal, the refund of one, or a trial that became formal. V1 does not say which; the date has to
/// tell. The order is a new one: the instance is known by <c>instanceId</c> only.
/// </summary>
internal sealed class RefreshLicenseHandler(LicenseService licenses, IOptions<MarketplaceOptions> options) : InstanceHandler(licenses)
{
    /// <inheritdoc/>
    public override string Activity => "refreshLicense";

    /// <inheritdoc/>
    protected override Asked Read(ParameterReader parameters, CallSource source)
    {
        var productId = parameters.Optional("productId", 64);
        var expiresAt = parameters.RequiredExpireTime(options.Value.ExpireTimeOffset);
        return new Asked(
            new LicenseCommand.SetTerm(source, V1Policy.Calls, TermPurpose.Unstated, expiresAt) { Order = new TermOrder(V1Policy.RefreshScene, productId) },
            [CallKey.Renewal(V1Policy.RefreshKeyScene, source.OrderId ?? "", orderLineId: "", expiresAt)]);
    }
}
