using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>How the marketplace means the calls of License V1.</summary>
internal static class V1Policy
{
    /// <summary>What its orders after the purchase are stored and shown as: V1 has no scene, so the call has to tell. Never changes.</summary>
    public const string RefreshScene = "REFRESH";

    /// <summary>The scene in the key of such an order. Keys are stored as hashes: another word would let an old call through once more.</summary>
    public const string RefreshKeyScene = "Unstated";

    /// <summary>The rules, with their reasons in docs/license-lifecycle.md.</summary>
    public static readonly CallPolicy Calls = new()
    {
        RefundTolerance = TimeSpan.FromDays(1),
        StaleEndMargin = TimeSpan.FromDays(2),
        SuspensionIsEndMargin = TimeSpan.FromDays(1),
        ReplaysTestCases = true,
    };
}
