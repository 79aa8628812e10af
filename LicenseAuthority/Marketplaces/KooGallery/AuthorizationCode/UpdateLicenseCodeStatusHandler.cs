using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.KooGallery.V2;

namespace LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>Serves <c>updateLicenseCodeStatus</c> (protocol section 4b): frozen when expired and past the grace, unfrozen after a renewal.</summary>
internal sealed class UpdateLicenseCodeStatusHandler(MarketplaceCodeCalls calls, RefusedCalls refused) : CodeCallHandler(calls, refused)
{
    /// <inheritdoc/>
    public override string Activity => "updateLicenseCodeStatus";

    /// <inheritdoc/>
    protected override LicenseCommand Read(ParameterReader parameters) => V2Commands.ReadStatus(parameters, Activity);
}
