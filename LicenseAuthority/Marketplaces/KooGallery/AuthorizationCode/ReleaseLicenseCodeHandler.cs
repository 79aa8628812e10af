using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.KooGallery.V2;

namespace LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>Serves <c>releaseLicenseCode</c> (protocol section 4b): refunded, or not renewed within the retention. A code that was not activated never can be.</summary>
internal sealed class ReleaseLicenseCodeHandler(MarketplaceCodeCalls calls, RefusedCalls refused) : CodeCallHandler(calls, refused)
{
    /// <inheritdoc/>
    public override string Activity => "releaseLicenseCode";

    /// <inheritdoc/>
    protected override LicenseCommand Read(ParameterReader parameters) => V2Commands.ReadRelease(parameters, Activity);
}
