using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.KooGallery.V2;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>Serves <c>refreshLicenseCode</c> (protocol section 4): the code's term was renewed, or a renewal refunded.</summary>
internal sealed class RefreshLicenseCodeHandler(MarketplaceCodeCalls calls, RefusedCalls refused, IOptions<MarketplaceOptions> options)
    : CodeCallHandler(calls, refused)
{
    /// <inheritdoc/>
    public override string Activity => "refreshLicenseCode";

    /// <inheritdoc/>
    protected override LicenseCommand Read(ParameterReader parameters) => V2Commands.ReadTerm(parameters, Activity, options.Value.ExpireTimeOffset);
}
