namespace LicenseAuthority.Licensing.Products;

/// <summary>Which product an order is for. Immutable.</summary>
internal sealed class ProductCatalog
{
    /// <summary>A marketplace product id that stands for every id not named elsewhere.</summary>
    public const string AnyMarketplaceProduct = "*";

    private readonly Dictionary<string, Product> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Product> _byMarketplaceId = new(StringComparer.Ordinal);

    /// <summary>Takes the products with their marketplace ids; an id that comes twice throws <see cref="ArgumentException"/> and names it.</summary>
    public ProductCatalog(IEnumerable<(Product Product, IReadOnlyList<string> MarketplaceProductIds)> products)
    {
        foreach (var (product, marketplaceIds) in products)
        {
            if (!_byId.TryAdd(product.Id, product))
            {
                throw new ArgumentException($"The product id '{product.Id}' comes twice.");
            }

            foreach (var marketplaceId in marketplaceIds)
            {
                if (!_byMarketplaceId.TryAdd(marketplaceId, product))
                {
                    throw new ArgumentException($"The marketplace product id '{marketplaceId}' belongs to two products.");
                }
            }
        }
    }

    /// <summary>All products that are sold.</summary>
    public IReadOnlyCollection<Product> All => _byId.Values;

    /// <summary>Which of the marketplace's product ids stand for which product.</summary>
    public IEnumerable<(string MarketplaceProductId, Product Product)> MarketplaceProducts => _byMarketplaceId.Select(static pair => (pair.Key, pair.Value));

    /// <summary>The product with our id, or null when it is no longer sold.</summary>
    public Product? Find(string productId) => _byId.GetValueOrDefault(productId);

    /// <summary>The product that is sold under a marketplace's product id, or null; an exact id wins over <c>*</c>.</summary>
    public Product? FindByMarketplaceId(string marketplaceProductId) =>
        _byMarketplaceId.GetValueOrDefault(marketplaceProductId) ?? _byMarketplaceId.GetValueOrDefault(AnyMarketplaceProduct);
}
