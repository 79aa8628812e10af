using LicenseAuthority.Marketplaces;

namespace LicenseAuthority.Admin;

/// <summary>A seller's account as the admin door shows it: never a key.</summary>
internal sealed record AccountItem(string Name, string Path, IReadOnlyList<AccessKeyItem> AccessKeys, OpenApiItem OpenApi)
{
    /// <param name="account">The account.</param>
    /// <param name="keyUses">The last uses of all keys.</param>
    /// <param name="openApi">How the account's own calls went: what has failed and not succeeded since is shown, the newest of it.</param>
    public static AccountItem From(
        SellerAccount account, IReadOnlyDictionary<(string Account, string KeyId), DateTimeOffset> keyUses, IEnumerable<OpenApiUse> openApi) => new(
        account.Name,
        account.Path,
        [.. account.AccessKeys.Select(key => new AccessKeyItem(key.Id, keyUses.TryGetValue((account.Name, key.Id), out var usedAt) ? usedAt : null))],
        new OpenApiItem(
            account.OpenApi.IsConfigured,
            [.. account.OpenApi.Hosts.Select(static host => host.GetLeftPart(UriPartial.Authority))],
            openApi.Max(static use => use.LastSuccessAt),
            openApi.Where(static use => use.LastError is not null).MaxBy(static use => use.LastCallAt)?.LastError));
}

/// <summary>An access key: 8 hexadecimal digits of its SHA-256, and when it was last used, to the minute.</summary>
internal sealed record AccessKeyItem(string Id, DateTimeOffset? LastUsedAt);

/// <summary>How an account reaches the marketplace.</summary>
internal sealed record OpenApiItem(bool Configured, IReadOnlyList<string> Hosts, DateTimeOffset? LastSuccessAt, string? LastError);
