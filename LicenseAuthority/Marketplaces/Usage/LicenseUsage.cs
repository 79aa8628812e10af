using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Marketplaces.Usage;

/// <summary>What is to be reported of a license.</summary>
/// <param name="LicenseId">The license.</param>
/// <param name="Code">The marketplace's code that it was issued for.</param>
/// <param name="Ids">Who used it, each once; personal data.</param>
/// <param name="ActiveNumber">The highest number of clients that were active; null = none was told, or it is in another part.</param>
internal sealed record LicenseUsage(string LicenseId, MarketplaceCode Code, IReadOnlyList<string> Ids, int? ActiveNumber)
{
    /// <summary>How many entries that makes.</summary>
    public int Entries => Ids.Count + (ActiveNumber is null ? 0 : 1);

    /// <summary>Shows the license, nobody's id.</summary>
    public override string ToString() => $"usage of {LicenseId}";
}
