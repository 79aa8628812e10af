using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>
/// Serves <c>expireLicense</c> (protocol section 3d): the term is over, freeze. Its parameter table is not published (uncertain), so <c>orderId</c>, the
/// purchase order by analogy, is not demanded.
/// </summary>
internal sealed class ExpireLicenseHandler(LicenseService licenses, RefusedCalls refused) : InstanceHandler(licenses, refused)
{
    /// <inheritdoc/>
    public override string Activity => "expireLicense";

    /// <inheritdoc/>
    protected override string? ReadOrderId(ParameterReader parameters) => parameters.Optional("orderId", 64);

    /// <inheritdoc/>
    protected override Asked Read(ParameterReader parameters, CallSource source) => new(new LicenseCommand.EndTerm(source, MarketplacePolicy.Calls), []);
}
