using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Marketplaces;

/// <summary>Hears that a license is used, for a marketplace that wants to be asked about its codes when they are. Thread-safe.</summary>
internal interface ICodeUses
{
    /// <summary>A license was used, one with a marketplace's code or another. Costs next to nothing, throws nothing, and has nobody wait.</summary>
    void Used(string licenseId, CodeUse use);
}
