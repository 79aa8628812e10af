using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>Serves <c>releaseLicense</c> (protocol section 3c): refunded, or not renewed within the retention. <c>orderId</c> is the purchase order.</summary>
internal sealed class ReleaseLicenseHandler(LicenseService licenses, RefusedCalls refused) : InstanceHandler(licenses, refused)
{
    /// <inheritdoc/>
    public override string Activity => "releaseLicense";

    /// <inheritdoc/>
    protected override Asked Read(ParameterReader parameters, CallSource source) => new(new LicenseCommand.Terminate(source, MarketplacePolicy.Calls), []);
}
