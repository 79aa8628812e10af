namespace LicenseAuthority.Licensing.Products;

/// <summary>What each account sells. Immutable.</summary>
internal sealed class ProductCatalogs
{
    private readonly Dictionary<string, ProductCatalog> _byAccount = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Product> _byId = new(StringComparer.Ordinal);

    /// <summary>
    /// Takes the catalogue of each account. An account that comes twice, or a product id that is not the same product in two accounts, throws
    /// <see cref="ArgumentException"/> and names it.
    /// </summary>
    public ProductCatalogs(IEnumerable<KeyValuePair<string, ProductCatalog>> byAccount)
    {
        foreach (var (account, catalog) in byAccount)
        {
            _byAccount.Add(account, catalog);
            foreach (var product in catalog.All)
            {
                if (!_byId.TryAdd(product.Id, product) && _byId[product.Id] != product)
                {
                    throw new ArgumentException($"The product '{product.Id}' of account '{account}' differs from the one of another account.");
                }
            }
        }
    }

    /// <summary>All accounts with what they sell, by name.</summary>
    public IEnumerable<KeyValuePair<string, ProductCatalog>> ByAccount => _byAccount.OrderBy(static pair => pair.Key, StringComparer.Ordinal);

    /// <summary>All products that are sold, each once.</summary>
    public IReadOnlyCollection<Product> All => _byId.Values;

    /// <summary>
    /// The product with our id, or null when it is no longer sold. An account that sells it no longer, or is no longer there, has licenses of it all the same: for
    /// them it is the product of the others.
    /// </summary>
    public Product? Find(string account, string productId) => _byAccount.GetValueOrDefault(account)?.Find(productId) ?? _byId.GetValueOrDefault(productId);

    /// <summary>The product that an account sells under a marketplace's product id, or null.</summary>
    public Product? FindByMarketplaceId(string account, string marketplaceProductId) =>
        _byAccount.GetValueOrDefault(account)?.FindByMarketplaceId(marketplaceProductId);
}
