using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Marketplaces;

/// <summary>All accounts that can be called, at least one. Immutable.</summary>
internal sealed class SellerAccounts
{
    private readonly Dictionary<string, SellerAccount> _byName;

    /// <summary>Takes the accounts, and what is sold: also what was sold by an account that nobody can call any more.</summary>
    public SellerAccounts(IReadOnlyList<SellerAccount> all, ProductCatalogs products)
    {
        All = all;
        Products = products;
        _byName = all.ToDictionary(static account => account.Name, StringComparer.Ordinal);
    }

    /// <summary>The accounts: <see cref="SellerAccount.Default"/> first, if it has a key, then by name.</summary>
    public IReadOnlyList<SellerAccount> All { get; }

    /// <summary>What each of them sells.</summary>
    public ProductCatalogs Products { get; }

    /// <summary>The account with the name (ordinal), or null.</summary>
    public SellerAccount? Find(string name) => _byName.GetValueOrDefault(name);
}
