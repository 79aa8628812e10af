using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplace.V1;

/// <summary>Serves <c>releaseLicense</c> (protocol section 3c): refunded, or not renewed within the retention. <c>orderId</c> is the purchase order.</summary>
internal sealed class ReleaseLicenseHandler(LicenseChanger changer) : IV1Handler
{
    /// <inheritdoc/>
    public string Activity => "releaseLicense";

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceQuery query, AccessKey key, CancellationToken cancellationToken)
    {
        var parameters = new ParameterReader(query);
        parameters.Required("timeStamp", 20);
        var orderId = parameters.Required("orderId", 64);
        var instanceId = parameters.Required("instanceId", 64);
        var test = parameters.TestFlag();
        if (parameters.Problem is { } problem)
        {
            return MarketplaceAnswer.BadParameter(problem);
        }

        return InstanceAnswer.From(await changer.ChangeAsync(
            new ChangeLicense
            {
                Account = key.Account,
                LicenseId = instanceId,
                SaysTest = test,
                Call = new LicenseCall.Release(new CallSource(CallSource.Marketplace, Activity, orderId)),
                Keys = [CallKey.SignedRequest(V1Authentication.ReadToken(query))],
            },
            cancellationToken));
    }
}
