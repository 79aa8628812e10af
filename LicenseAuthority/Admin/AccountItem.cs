using LicenseAuthority.Marketplaces;

namespace LicenseAuthority.Admin;

/// <summary>A seller's account as the admin door shows it: never a key.</summary>
internal sealed record AccountItem(string Name, string Path, IReadOnlyList<AccessKeyItem> AccessKeys, OpenApiItem OpenApi)
{
    public static AccountItem From(SellerAccount account, IReadOnlyDictionary<(string Account, string KeyId), DateTimeOffset> keyUses, OpenApiUse? openApi) => new(
        account.Name,
        account.Path,
        [.. account.AccessKeys.Select(key => new AccessKeyItem(key.Id, keyUses.TryGetValue((account.Name, key.Id), out var usedAt) ? usedAt : null))],
        new OpenApiItem(
            account.OpenApi.IsConfigured,
            [.. account.OpenApi.Hosts.Select(static host => host.GetLeftPart(UriPartial.Authority))],
            openApi?.LastSuccessAt,
            openApi?.LastError));
}

/// <summary>An access key: 8 hexadecimal digits of its SHA-256, and when it was last used, to the minute.</summary>
internal sealed record AccessKeyItem(string Id, DateTimeOffset? LastUsedAt);

/// <summary>How an account reaches the marketplace.</summary>
internal sealed record OpenApiItem(bool Configured, IReadOnlyList<string> Hosts, DateTimeOffset? LastSuccessAt, string? LastError);
