using System.Text.Json;
using LicenseAuthority.Marketplaces.Usage;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>Writes the body of a report of use (protocol section 4e); the names are the marketplace's, capital letter included.</summary>
internal static class UsageBody
{
    /// <summary>The body.</summary>
    public static byte[] Write(IReadOnlyList<LicenseUsage> usages)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("usage_info"u8);
            foreach (var usage in usages)
            {
                writer.WriteStartObject();
                writer.WriteString("license"u8, usage.Code.Text);
                writer.WriteStartArray("software_usage_Info"u8);
                foreach (var id in usage.Ids)
                {
                    writer.WriteStartObject();
                    writer.WriteString("id"u8, id);
                    writer.WriteEndObject();
                }

                if (usage.ActiveNumber is { } number)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("active_num"u8, number);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
