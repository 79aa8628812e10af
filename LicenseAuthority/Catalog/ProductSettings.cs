using System.Globalization;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Catalog;

/// <summary>Reads what is sold: the setting <c>Products</c>, and what an account sells instead.</summary>
internal static class ProductSettings
{
    public const string SectionName = "Products";

    private const int LongestProductId = 64;

    /// <summary>Reads the setting <c>Products</c>; <see cref="ConfigurationException"/> names what is wrong with it.</summary>
    public static ProductCatalog Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var section = configuration.GetSection(SectionName);
        if (!section.GetChildren().Any())
        {
            return environment.IsDevelopment()
                ? new ProductCatalog([(DemoProduct(), [ProductCatalog.AnyMarketplaceProduct])])
                : throw new ConfigurationException(
                    "Products is empty. Name at least one product that you sell: Products__0__Id, and Products__0__MarketplaceProductIds__0 "
                    + "with the product id that the marketplace shows for it (or * for all).");
        }

        return ReadCatalog(section);
    }

    /// <summary>Reads a list of products, wherever it stands; <see cref="ConfigurationException"/> names what is wrong with it.</summary>
    public static ProductCatalog ReadCatalog(IConfigurationSection section)
    {
        try
        {
            return new ProductCatalog(section.GetChildren().Select(ReadProduct).ToList());
        }
        catch (ArgumentException exception)
        {
            throw new ConfigurationException($"{section.Path}: {exception.Message}");
        }
    }

    // For a newcomer's first order, whatever product it names. Never in Production: it would sell everything as one thing.
    private static Product DemoProduct() => new("demo-product", ProductOptions.LongestGracePeriod, DefaultPeriod: null, Entitlements.None, IncludeCustomerName: false);

    private static (Product Product, IReadOnlyList<string> MarketplaceProductIds) ReadProduct(IConfigurationSection section)
    {
        var options = new ProductOptions();
        SettingsReader.Read(section, options);
        if (options.Id is not { Length: > 0 and <= LongestProductId } id)
        {
            throw new ConfigurationException($"{section.Path}:Id is '{options.Id}'. Give the product an id of 1 to {LongestProductId} characters.");
        }

        RequireProductId($"{section.Path}:{nameof(ProductOptions.Id)}", id);
        if (options.MarketplaceProductIds.Count == 0)
        {
            throw new ConfigurationException(
                $"{section.Path}:MarketplaceProductIds is empty, so nobody could buy '{id}'. Name the product ids that the marketplace shows for it, or *.");
        }

        foreach (var (index, marketplaceId) in options.MarketplaceProductIds.Index())
        {
            RequireProductId($"{section.Path}:{nameof(ProductOptions.MarketplaceProductIds)}:{index}", marketplaceId);
        }

        if (options.GracePeriod < TimeSpan.Zero || options.GracePeriod > ProductOptions.LongestGracePeriod || options.GracePeriod.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw new ConfigurationException($"{section.Path}:GracePeriod is {options.GracePeriod}. It must be 0 to 15 days in whole seconds, such as 15.00:00:00.");
        }

        if (options.ExpiryTolerance < TimeSpan.Zero || options.ExpiryTolerance > Product.LongestExpiryTolerance
            || options.ExpiryTolerance.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw new ConfigurationException(
                $"{section.Path}:ExpiryTolerance is {options.ExpiryTolerance}. It must be 0 to 60 days in whole seconds, such as 30.00:00:00; leave it out where the term begins with the order.");
        }

        if (!Enum.IsDefined(options.Activation))
        {
            throw new ConfigurationException($"{section.Path}:Activation is '{options.Activation}'. It must be Optional or Required.");
        }

        if (!Enum.IsDefined(options.Usage))
        {
            throw new ConfigurationException($"{section.Path}:Usage is '{options.Usage}'. It must be None, Count or Ids.");
        }

        if (options.ActivationLease is { } lease
            && (lease < ActivationRules.ShortestLease || lease > ActivationRules.LongestLease || lease.Ticks % TimeSpan.TicksPerSecond != 0))
        {
            throw new ConfigurationException(
                $"{section.Path}:ActivationLease is {lease}. It must be 1 minute to 366 days in whole seconds, such as 1.00:00:00; leave it out for places that last as long as the license.");
        }

        if (options.DefaultPeriod is { } period && (period <= TimeSpan.Zero || period.Ticks % TimeSpan.TicksPerSecond != 0))
        {
            throw new ConfigurationException(
                $"{section.Path}:DefaultPeriod is {period}. It must be above zero and in whole seconds, such as 365.00:00:00; leave it out for perpetual licenses.");
        }

        var entitlements = Entitlements.Create(section.GetSection(nameof(Entitlements)).GetChildren().Select(ReadEntitlement));
        var product = new Product(id, options.GracePeriod, options.DefaultPeriod, entitlements, options.IncludeCustomerName)
        {
            ExpiryTolerance = options.ExpiryTolerance,
            RequiresActivation = options.Activation == ProductActivation.Required,
            ActivationLease = options.ActivationLease,
            Usage = options.Usage,
        };
        return (product, options.MarketplaceProductIds);
    }

    private static void RequireProductId(string setting, string id)
    {
        if (string.IsNullOrEmpty(id))
        {
            throw new ConfigurationException($"{setting} is empty. Remove the entry, or name the product.");
        }

        SettingText.RequireClean(setting, id);
        if (id.Contains(',', StringComparison.Ordinal))
        {
            throw new ConfigurationException($"{setting} contains a comma, which no id has. Where several were meant, each is an entry of its own: {SectionName}:0, {SectionName}:1; {nameof(ProductOptions.MarketplaceProductIds)}:0, {nameof(ProductOptions.MarketplaceProductIds)}:1.");
        }
    }

    // Configuration has only texts: what looks like a boolean or an integer is one.
    private static KeyValuePair<string, EntitlementValue> ReadEntitlement(IConfigurationSection section)
    {
        var children = section.GetChildren().ToList();
        if (children.Count > 0)
        {
            return children.TrueForAll(child => child.Value is not null && int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                ? new(section.Key, new EntitlementValue.List([.. children.Select(child => child.Value!)]))
                : throw new ConfigurationException($"{section.Path} is an object. An entitlement is true, false, an integer, a text or a list of texts.");
        }

        if (section.Value is not { Length: > 0 } text)
        {
            // An empty list in JSON arrives as an empty text; to grant one in place of the other would be a guess.
            throw new ConfigurationException(
                $"{section.Path} is empty, and an empty text cannot be told from an empty list. Leave the entitlement out, or give it a value.");
        }

        return bool.TryParse(text, out var flag)
            ? new(section.Key, new EntitlementValue.Flag(flag))
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? new(section.Key, new EntitlementValue.Number(number))
                : new(section.Key, new EntitlementValue.Text(text));
    }
}
