namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>All access keys that a call may be signed with, at least one. Immutable.</summary>
internal sealed class AccessKeys
{
    /// <summary>The account of the keys in the setting <c>Marketplace:AccessKeys</c>.</summary>
    public const string DefaultAccount = "default";

    private AccessKeys(IReadOnlyList<AccessKey> all) => All = all;

    /// <summary>The keys, in the order of the setting.</summary>
    public IReadOnlyList<AccessKey> All { get; }

    /// <summary>Signs the answer to a caller that used none of the keys.</summary>
    public AccessKey First => All[0];

    /// <summary>Takes the keys from the setting; <see cref="ConfigurationException"/> when they cannot serve.</summary>
    public static AccessKeys From(MarketplaceOptions options, IHostEnvironment environment)
    {
        var secrets = options.AccessKeys;
        if (secrets.Count == 0 && environment.IsDevelopment())
        {
            secrets = [MarketplaceOptions.DemoAccessKey];
        }

        if (secrets.Count == 0)
        {
            throw new ConfigurationException(
                "Marketplace:AccessKeys is empty. Set Marketplace__AccessKeys__0 to the access key that the marketplace's seller centre shows for your account.");
        }

        if (secrets.Exists(string.IsNullOrWhiteSpace))
        {
            throw new ConfigurationException("Marketplace:AccessKeys has an empty entry. Remove it, or set it to the access key of your account.");
        }

        foreach (var (index, secret) in secrets.Index())
        {
            SettingText.RequireClean($"{MarketplaceOptions.SectionName}:{nameof(MarketplaceOptions.AccessKeys)}:{index}", secret);
        }

        if (!environment.IsDevelopment() && secrets.Contains(MarketplaceOptions.DemoAccessKey, StringComparer.Ordinal))
        {
            throw new ConfigurationException(
                "Marketplace:AccessKeys holds the public demo key, with which anyone can order licenses. Replace it by the access key that the marketplace's seller centre shows.");
        }

        return new AccessKeys([.. secrets.Distinct(StringComparer.Ordinal).Select(secret => new AccessKey(DefaultAccount, secret))]);
    }
}
