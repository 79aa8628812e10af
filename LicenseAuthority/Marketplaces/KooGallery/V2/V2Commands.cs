using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// What calls ask that are the same by instance id (protocol sections 5b, 5g, 5h) and by authorisation code (sections 4 and 4b): read from the parameters that
/// both have. After a problem of the reader the result is not used.
/// </summary>
internal static class V2Commands
{
    /// <summary>
    /// A renewal, the refund of one, or a trial that became formal; the scene says which. The pages disagree about whose the order is. The product, which may be
    /// absent, is only kept with the order.
    /// </summary>
    public static LicenseCommand ReadTerm(ParameterReader parameters, string activity, TimeSpan expireTimeOffset)
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
        var expiresAt = parameters.RequiredExpireTime(expireTimeOffset);
        return new LicenseCommand.SetTerm(SourceOf(activity, orderId, orderLineId), MarketplacePolicy.Calls, purpose ?? default, expiresAt)
        {
            Order = new TermOrder(scene, productId),
            Keys = [CallKey.Renewal(scene, orderId, orderLineId, expiresAt)],
        };
    }

    /// <summary>Frozen when it expired or broke a rule, unfrozen after a renewal or when that is mended.</summary>
    public static LicenseCommand ReadStatus(ParameterReader parameters, string activity)
    {
        var status = parameters.Required("status", 32);
        switch (status)
        {
            case "FREEZE":
                return new LicenseCommand.Suspend(SourceOf(activity), MarketplacePolicy.Calls, "the marketplace froze it");
            case "UNFREEZE":
                break;
            default:
                parameters.Fail($"the parameter status is {MarketplaceQuery.Shorten(status)}, it must be FREEZE or UNFREEZE");
                break;
        }

        return new LicenseCommand.Resume(SourceOf(activity), MarketplacePolicy.Calls);
    }

    /// <summary>Refunded, or not renewed within the retention. <c>orderId</c>, if there is one, is the refund's.</summary>
    public static LicenseCommand ReadRelease(ParameterReader parameters, string activity) => new LicenseCommand.Terminate(
        SourceOf(activity, parameters.Optional("orderId", ParameterReader.LongestId), parameters.Optional("orderLineId", ParameterReader.LongestId)),
        MarketplacePolicy.Calls);

    private static CallSource SourceOf(string activity, string? orderId = null, string? orderLineId = null) =>
        new(CallSource.Marketplace, activity, orderId, orderLineId);
}
