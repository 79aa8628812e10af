using LicenseAuthority.Catalog;

namespace LicenseAuthority.Marketplaces;

/// <summary>One account in the setting <c>Marketplace:Accounts</c>.</summary>
internal sealed class AccountOptions
{
    /// <summary>The account's access keys; several while one replaces another. At least one, which no other account has.</summary>
    public List<string> AccessKeys { get; set; } = [];

    /// <summary>How the account calls the marketplace. No hosts: those of <see cref="MarketplaceOptions.OpenApi"/>.</summary>
    public OpenApiOptions OpenApi { get; set; } = new();

    /// <summary>What the account sells; none: what stands in the setting <c>Products</c>. Read by <see cref="ProductSettings"/>.</summary>
    public List<ProductOptions> Products { get; set; } = [];

    /// <summary>Shows how many keys and products there are, not which.</summary>
    public override string ToString() => $"{AccessKeys.Count} access keys, {Products.Count} products";
}
