using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>How the marketplace means its calls, whatever the generation: it is the same marketplace.</summary>
internal static class MarketplacePolicy
{
    /// <summary>The rules, with their reasons in docs/license-lifecycle.md.</summary>
    public static readonly CallPolicy Calls = new()
    {
        RefundTolerance = TimeSpan.FromDays(1),
        StaleEndMargin = TimeSpan.FromDays(2),
        SuspensionIsEndMargin = TimeSpan.FromDays(1),
        ReplaysTestCases = true,
    };
}
