using System.Security.Cryptography;
using System.Text.Json;
using LicenseAuthority.Codes;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Nodes;

/// <summary>What must be the same on all nodes, or a license depends on which of them was asked.</summary>
/// <param name="PublicUrl">The address that stands in every code.</param>
/// <param name="ProductsSha256">Over all products in a canonical form, hexadecimal: equal where the products are, in whatever order they were written down.</param>
internal sealed record NodeSettings(string PublicUrl, string ProductsSha256)
{
    /// <summary>The settings that this process runs with.</summary>
    public static NodeSettings From(PublicUrl publicUrl, ProductCatalog products) => new(publicUrl.Text, Convert.ToHexStringLower(SHA256.HashData(Canonical(products))));

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
