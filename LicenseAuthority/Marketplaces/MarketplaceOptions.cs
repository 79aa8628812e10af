namespace LicenseAuthority.Marketplaces;

/// <summary>The configuration section <c>Marketplace</c>: what stands in it directly is the account <see cref="SellerAccount.Default"/>.</summary>
internal sealed class MarketplaceOptions
{
    public const string SectionName = "Marketplace";

    /// <summary>A public key for a newcomer's first order: only in Development, and only when no key is configured.</summary>
    public const string DemoAccessKey = "demo-access-key-not-for-production";

    /// <summary>
    /// The default account's access keys (the marketplace shows them to the seller); several while one replaces another. Default: none, which stops
    /// the start outside Development unless another account has one.
    /// </summary>
    public List<string> AccessKeys { get; set; } = [];

    /// <summary>How the default account calls the marketplace; its hosts are those of all accounts that name none.</summary>
    public OpenApiOptions OpenApi { get; set; } = new();

    /// <summary>More accounts, by name.</summary>
    public Dictionary<string, AccountOptions> Accounts { get; set; } = new(StringComparer.Ordinal);

    /// <summary>How far the marketplace's <c>expireTime</c> is ahead of UTC, −14 to +14 hours. Default: 0, it is UTC.</summary>
    public TimeSpan ExpireTimeOffset { get; set; }

    /// <summary>How long the journal keeps a call, 1 hour to 365 days. Default: 30 days.</summary>
    public TimeSpan KeepCalls { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Shows how many keys and accounts there are, not which.</summary>
    public override string ToString() => $"{AccessKeys.Count} access keys, {Accounts.Count} more accounts, expire time offset {ExpireTimeOffset}";
}
