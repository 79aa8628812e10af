using LicenseAuthority.Catalog;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Marketplaces;

/// <summary>Reads the accounts from the settings: <c>Marketplace</c>, <c>Marketplace:Accounts</c> and <c>Products</c>.</summary>
internal sealed class AccountSettings
{
    private const string AccountsSection = $"{MarketplaceOptions.SectionName}:{nameof(MarketplaceOptions.Accounts)}";
    private const int LongestName = 32;

    private readonly IConfiguration _configuration;
    private readonly IHostEnvironment _environment;
    private readonly string _path;
    private readonly MarketplaceOptions _options = new();
    private readonly IReadOnlyList<Uri> _hosts;
    private readonly Dictionary<string, string> _accessKeys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Product Product, string Setting)> _products = new(StringComparer.Ordinal);

    private AccountSettings(IConfiguration configuration, IHostEnvironment environment, string path, IReadOnlyList<Uri> defaultHosts)
    {
        _configuration = configuration;
        _environment = environment;
        _path = path;
        SettingsReader.Read(configuration.GetSection(MarketplaceOptions.SectionName), _options);
        _hosts = ReadHosts(MarketplaceOptions.SectionName, _options.OpenApi) is { Count: > 0 } hosts ? hosts : defaultHosts;
    }

    /// <summary>Reads them all; <see cref="ConfigurationException"/> names what is wrong.</summary>
    /// <param name="configuration">The settings.</param>
    /// <param name="environment">Development makes what is missing.</param>
    /// <param name="path">Where the door serves the default account; the others are a step below it.</param>
    /// <param name="defaultHosts">The hosts of the open API where no setting names any.</param>
    public static SellerAccounts Read(IConfiguration configuration, IHostEnvironment environment, string path, IReadOnlyList<Uri> defaultHosts) =>
        new AccountSettings(configuration, environment, path, defaultHosts).Read();

    private SellerAccounts Read()
    {
        var names = _configuration.GetSection(AccountsSection).GetChildren().Select(static section => section.Key).Order(StringComparer.Ordinal).ToList();
        names.ForEach(RequireName);

        // Who has none of its own sells these: needed as soon as there is one such account.
        var hasDefault = _options.AccessKeys.Count > 0 || _environment.IsDevelopment() || names.Count == 0;
        var products = hasDefault || names.Exists(name => !HasEntries(ProductsOf(name))) || HasEntries(_configuration.GetSection(ProductSettings.SectionName))
            ? ProductSettings.Read(_configuration, _environment)
            : null;
        if (products is not null)
        {
            RequireSameProducts(products, ProductSettings.SectionName);
        }

        var accounts = new List<SellerAccount>();
        if (hasDefault)
        {
            accounts.Add(ReadDefault(products!));
        }

        accounts.AddRange(names.Select(name => ReadAccount(name, products)));
        var catalogs = accounts.ToDictionary(static account => account.Name, static account => account.Products, StringComparer.Ordinal);
        if (products is not null)
        {
            catalogs.TryAdd(SellerAccount.Default, products);
        }

        return new SellerAccounts(accounts, new ProductCatalogs(catalogs));
    }

    private SellerAccount ReadDefault(ProductCatalog products)
    {
        var secrets = _options.AccessKeys;
        if (secrets.Count == 0 && _environment.IsDevelopment())
        {
            secrets = [MarketplaceOptions.DemoAccessKey];
        }

        return new SellerAccount(
            SellerAccount.Default, _path, ReadAccessKeys(SellerAccount.Default, MarketplaceOptions.SectionName, secrets),
            new OpenApiAccess(_hosts, ReadCredentials(MarketplaceOptions.SectionName, _options.OpenApi)), products);
    }

    private SellerAccount ReadAccount(string name, ProductCatalog? defaultProducts)
    {
        var section = SectionOf(name);
        var options = _options.Accounts.GetValueOrDefault(name) ?? new AccountOptions();
        var keys = ReadAccessKeys(name, section.Path, options.AccessKeys);
        var hosts = ReadHosts(section.Path, options.OpenApi);
        var products = defaultProducts;
        if (ProductsOf(name) is var own && HasEntries(own))
        {
            products = ProductSettings.ReadCatalog(own);
            RequireSameProducts(products, own.Path);
        }

        return new SellerAccount(
            name, $"{_path}/{name}", keys, new OpenApiAccess(hosts.Count > 0 ? hosts : _hosts, ReadCredentials(section.Path, options.OpenApi)), products!);
    }

    private IConfigurationSection SectionOf(string name) => _configuration.GetSection($"{AccountsSection}:{name}");

    private IConfigurationSection ProductsOf(string name) => SectionOf(name).GetSection(nameof(AccountOptions.Products));

    private static bool HasEntries(IConfigurationSection section) => section.GetChildren().Any();

    private static void RequireName(string name)
    {
        if (name == SellerAccount.Default)
        {
            throw new ConfigurationException(
                $"{AccountsSection}:{name} cannot be called so: '{name}' is the account whose settings stand in {MarketplaceOptions.SectionName} directly. Move them there, or give the account another name.");
        }

        if (name.Length > LongestName || !name.All(static character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character)))
        {
            throw new ConfigurationException(
                $"{AccountsSection}:{name} is no name of an account: 1 to {LongestName} of a-z and 0-9, as it stands in a path and in environment variables.");
        }
    }

    private List<AccessKey> ReadAccessKeys(string account, string section, List<string> secrets)
    {
        var setting = $"{section}:{nameof(MarketplaceOptions.AccessKeys)}";
        if (secrets.Count == 0)
        {
            throw new ConfigurationException(
                $"{setting} is empty. Set {setting.Replace(":", "__", StringComparison.Ordinal)}__0 to the access key that the marketplace's seller centre shows for your account.");
        }

        if (secrets.Exists(string.IsNullOrWhiteSpace))
        {
            throw new ConfigurationException($"{setting} has an empty entry. Remove it, or set it to the access key of your account.");
        }

        foreach (var (index, secret) in secrets.Index())
        {
            SettingText.RequireClean($"{setting}:{index}", secret);
        }

        if (!_environment.IsDevelopment() && secrets.Contains(MarketplaceOptions.DemoAccessKey, StringComparer.Ordinal))
        {
            throw new ConfigurationException(
                $"{setting} holds the public demo key, with which anyone can order licenses. Replace it by the access key that the marketplace's seller centre shows.");
        }

        var distinct = secrets.Distinct(StringComparer.Ordinal).ToList();
        foreach (var secret in distinct)
        {
            if (!_accessKeys.TryAdd(secret, setting))
            {
                throw new ConfigurationException(
                    $"{setting} holds an access key that stands in {_accessKeys[secret]} too. An access key belongs to one account: remove it from the other.");
            }
        }

        return distinct.ConvertAll(secret => new AccessKey(account, secret));
    }

    private static List<Uri> ReadHosts(string section, OpenApiOptions options)
    {
        var setting = $"{section}:{nameof(MarketplaceOptions.OpenApi)}:{nameof(OpenApiOptions.Hosts)}";
        var hosts = new List<Uri>();
        foreach (var (index, text) in options.Hosts.Index())
        {
            SettingText.RequireClean($"{setting}:{index}", text);
            if (!Uri.TryCreate(text, UriKind.Absolute, out var host) || !IsHost(host))
            {
                throw new ConfigurationException(
                    $"{setting}:{index} must be an https address without user, path and query, such as https://mkt.example.com; http only to a loopback address. Leave all of them out for the marketplace's own.");
            }

            hosts.Add(host);
        }

        return hosts;
    }

    private static bool IsHost(Uri host) =>
        (host.Scheme == Uri.UriSchemeHttps || (host.Scheme == Uri.UriSchemeHttp && host.IsLoopback))
        && host.UserInfo.Length == 0
        && host.PathAndQuery == "/"
        && host.Fragment.Length == 0;

    private static OpenApiCredentials? ReadCredentials(string section, OpenApiOptions options)
    {
        var idSetting = $"{section}:{nameof(MarketplaceOptions.OpenApi)}:{nameof(OpenApiOptions.AccessKeyId)}";
        var secretSetting = $"{section}:{nameof(MarketplaceOptions.OpenApi)}:{nameof(OpenApiOptions.SecretAccessKey)}";
        var (id, secret) = (options.AccessKeyId ?? "", options.SecretAccessKey ?? "");
        SettingText.RequireClean(idSetting, id);
        SettingText.RequireClean(secretSetting, secret);
        if (!id.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.'))
        {
            throw new ConfigurationException(
                $"{idSetting} holds a character that no access key id has, which would break the header that it stands in. Copy it again from the seller centre (应用凭证).");
        }

        return (id.Length > 0, secret.Length > 0) switch
        {
            (false, false) => null,
            (true, true) => new OpenApiCredentials(id, secret),
            (true, false) => throw new ConfigurationException($"{idSetting} is set, and {secretSetting} is not. Set both, as the marketplace shows them, or none."),
            (false, true) => throw new ConfigurationException($"{secretSetting} is set, and {idSetting} is not. Set both, as the marketplace shows them, or none."),
        };
    }

    // Licenses carry the product's id and not its settings: what it is must not depend on who sells it.
    private void RequireSameProducts(ProductCatalog catalog, string setting)
    {
        foreach (var product in catalog.All)
        {
            if (!_products.TryAdd(product.Id, (product, setting)) && _products[product.Id] is var known && known.Product != product)
            {
                throw new ConfigurationException(
                    $"{setting}: the product '{product.Id}' has other settings than in {known.Setting}. The same product is the same in all accounts, apart from its {nameof(ProductOptions.MarketplaceProductIds)}: make the settings equal, or give it another Id.");
            }
        }
    }
}
