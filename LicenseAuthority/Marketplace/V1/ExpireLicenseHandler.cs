using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplace.V1;

/// <summary>
/// Serves <c>expireLicense</c> (protocol section 3d): the term is over, freeze. Its parameter table is not published (uncertain), so <c>orderId</c>, the
/// purchase order by analogy, is not demanded.
/// </summary>
internal sealed class ExpireLicenseHandler(LicenseChanger changer) : IV1Handler
{
    /// <inheritdoc/>
    public string Activity => "expireLicense";

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceQuery query, AccessKey key, CancellationToken cancellationToken)
    {
        var parameters = new ParameterReader(query);
        parameters.Required("timeStamp", 20);
        var orderId = parameters.Optional("orderId", 64);
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
                Call = new LicenseCall.Expire(new CallSource(CallSource.Marketplace, Activity, orderId)),
                Keys = [CallKey.SignedRequest(V1Authentication.ReadToken(query))],
            },
            cancellationToken));
    }
}
