using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Marketplaces;

/// <summary>One seller at one marketplace. What one account bought does not exist for another. Immutable.</summary>
/// <param name="Name">Its name, which its licenses carry.</param>
/// <param name="Path">Where the marketplace calls it.</param>
/// <param name="AccessKeys">What its calls are signed with, at least one; the first signs the answer to a caller that used none of them.</param>
/// <param name="OpenApi">How it calls the marketplace.</param>
/// <param name="Products">What it sells.</param>
internal sealed record SellerAccount(string Name, string Path, IReadOnlyList<AccessKey> AccessKeys, OpenApiAccess OpenApi, ProductCatalog Products)
{
    /// <summary>The account whose settings stand in the section directly.</summary>
    public const string Default = "default";

    /// <summary>Shows the name.</summary>
    public override string ToString() => $"account {Name}";
}
