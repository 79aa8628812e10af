using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Codes;
using LicenseAuthority.Licensing.Products;
using LicenseAuthority.Marketplaces;

namespace LicenseAuthority.Nodes;

/// <summary>What must be the same on all nodes, or a license depends on which of them was asked.</summary>
/// <param name="PublicUrl">The address that stands in every code.</param>
/// <param name="ProductsSha256">Over all products in a canonical form, hexadecimal: equal where the products are, in whatever order they were written down.</param>
/// <param name="AccountsSha256">
/// Over the accounts in a canonical form, hexadecimal; of a secret no more than its <see cref="AccessKey.IdOf"/> is in it. Empty: of a node that is too old to say.
/// </param>
internal sealed record NodeSettings(string PublicUrl, string ProductsSha256, string AccountsSha256)
{
    /// <summary>The settings that this process runs with.</summary>
    public static NodeSettings From(PublicUrl publicUrl, SellerAccounts accounts) =>
        new(publicUrl.Text, Hash(CanonicalProducts(accounts.Products)), Hash(CanonicalAccounts(accounts)));

    private static string Hash(byte[] canonical) => Convert.ToHexStringLower(SHA256.HashData(canonical));

    // The default account's products alone are written as they were before there were others: nodes of both versions serve while one by one is replaced.
    private static byte[] CanonicalProducts(ProductCatalogs catalogs) =>
    [
        .. catalogs.ByAccount.Where(static pair => pair.Key == SellerAccount.Default).SelectMany(static pair => Canonical(pair.Value)),
        .. catalogs.ByAccount.Where(static pair => pair.Key != SellerAccount.Default)
            .SelectMany(static pair => Encoding.UTF8.GetBytes(pair.Key).Concat(Canonical(pair.Value))),
    ];

    private static byte[] CanonicalAccounts(SellerAccounts accounts) => JsonSerializer.SerializeToUtf8Bytes(accounts.All.Select(static account => new
    {
        account.Name,
        Keys = account.AccessKeys.Select(static key => key.Id).Order(StringComparer.Ordinal),
        Hosts = account.OpenApi.Hosts.Select(static host => host.AbsoluteUri),
        OpenApiKey = account.OpenApi.Credentials is { } credentials ? $"{credentials.AccessKeyId} {AccessKey.IdOf(credentials.SecretAccessKey)}" : null,
    }));

    private static byte[] Canonical(ProductCatalog products)
    {
        var marketplaceIds = products.MarketplaceProducts.ToLookup(static pair => pair.Product.Id, static pair => pair.MarketplaceProductId, StringComparer.Ordinal);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            foreach (var product in products.All.OrderBy(static product => product.Id, StringComparer.Ordinal))
            {
                writer.WriteStartObject();
                writer.WriteString("id"u8, product.Id);
                writer.WriteNumber("grace"u8, product.GracePeriod.Ticks);
                writer.WriteNumber("tolerance"u8, product.ExpiryTolerance.Ticks);
                writer.WriteNumber("period"u8, product.DefaultPeriod?.Ticks ?? -1);
                writer.WriteBoolean("name"u8, product.IncludeCustomerName);
                writer.WriteBoolean("act"u8, product.RequiresActivation);
                writer.WriteNumber("lease"u8, product.ActivationLease?.Ticks ?? -1);

                // Left out where a node of an earlier version does not know it: nodes of both serve while one by one is replaced.
                if (product.Usage != ProductUsage.None)
                {
                    writer.WriteString("usage"u8, product.Usage.ToString());
                }

                writer.WritePropertyName("ent"u8);
                EntitlementsJson.Write(writer, product.Entitlements);
                writer.WriteStartArray("ids"u8);
                foreach (var id in marketplaceIds[product.Id].Order(StringComparer.Ordinal))
                {
                    writer.WriteStringValue(id);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return stream.ToArray();
    }
}
