using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// Serves <c>releaseInstance</c> (protocol section 5h): refunded, or not renewed within the retention. <c>orderId</c>, if there is one, is the refund's.
/// </summary>
internal sealed class ReleaseInstanceHandler(LicenseService licenses, RefusedCalls refused) : V2InstanceHandler(licenses, refused)
{
    /// <inheritdoc/>
    public override string Activity => "releaseInstance";

    /// <inheritdoc/>
    protected override LicenseCommand Read(ParameterReader parameters) => new LicenseCommand.Terminate(
        SourceOf(parameters.Optional("orderId", LongestId), parameters.Optional("orderLineId", LongestId)), V2Policy.Calls);
}
