using LicenseAuthority.Licensing;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplace.V1;

/// <summary>
/// Serves <c>refreshLicense</c> (protocol section 3): a renewal, the refund of one, or a trial that became formal. V1 does not say which; the date has to
/// tell. The order is a new one: the instance is known by <c>instanceId</c> only.
/// </summary>
internal sealed class RefreshLicenseHandler(LicenseChanger changer, IOptions<MarketplaceOptions> options) : IV1Handler
{
    /// <inheritdoc/>
    public string Activity => "refreshLicense";

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceQuery query, AccessKey key, CancellationToken cancellationToken)
    {
        var parameters = new ParameterReader(query);
        parameters.Required("timeStamp", 20);
        var orderId = parameters.Required("orderId", 64);
        var instanceId = parameters.Required("instanceId", 64);
        var productId = parameters.Optional("productId", 64);
        var expiresAt = parameters.RequiredExpireTime(options.Value.ExpireTimeOffset);
        parameters.Optional("periodType", 10);
        parameters.Optional("periodNumber", 10);
        var test = parameters.TestFlag();
        if (parameters.Problem is { } problem)
        {
            return MarketplaceAnswer.BadParameter(problem);
        }

        var source = new CallSource(CallSource.Marketplace, Activity, orderId);
        return InstanceAnswer.From(await changer.ChangeAsync(
            new ChangeLicense
            {
                Account = key.Account,
                LicenseId = instanceId,
                SaysTest = test,
                Call = new LicenseCall.Renew(source, RenewalScene.Unstated, expiresAt),
                Keys =
                [
                    CallKey.SignedRequest(V1Authentication.ReadToken(query)),
                    CallKey.Renewal(RenewalScene.Unstated, orderId, orderLineId: "", expiresAt),
                ],
                MarketplaceProductId = productId,
            },
            cancellationToken));
    }
}
