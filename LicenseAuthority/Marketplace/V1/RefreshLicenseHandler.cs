using LicenseAuthority.Licensing;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplace.V1;

/// <summary>
/// Serves <c>refreshLicense</c> (protocol section 3): a renewal, the refund of one, or a trial that became formal. V1 does not say which; the date has to
/// tell. The order is a new one: the instance is known by <c>instanceId</c> only.
/// </summary>
internal sealed class RefreshLicenseHandler(LicenseChanger changer, IOptions<MarketplaceOptions> options) : InstanceHandler(changer)
{
    /// <inheritdoc/>
    public override string Activity => "refreshLicense";

    /// <inheritdoc/>
    protected override Asked Read(ParameterReader parameters, CallSource source)
    {
        var productId = parameters.Optional("productId", 64);
        var expiresAt = parameters.RequiredExpireTime(options.Value.ExpireTimeOffset);
        return new Asked(
            new LicenseCall.Renew(source, RenewalScene.Unstated, expiresAt),
            [CallKey.Renewal(RenewalScene.Unstated, source.OrderId ?? "", orderLineId: "", expiresAt)],
            productId);
    }
}
