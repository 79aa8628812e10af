using System.Text.Json;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>Reads answers of the open API, which has numbers as text and text as numbers; what is of another kind than expected counts as absent. Thread-safe.</summary>
internal static class OpenApiJson
{
    /// <summary>A member's text, or a number as it is written; null = absent, empty, or of another kind.</summary>
    public static string? FindText(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var member))
        {
            return null;
        }

        try
        {
            var text = member.ValueKind switch
            {
                JsonValueKind.String => member.GetString(),
                JsonValueKind.Number => member.GetRawText(),
                _ => null,
            };
            return string.IsNullOrEmpty(text) ? null : text;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate.
            return null;
        }
    }

    /// <summary>A member that is an object; null = absent or of another kind.</summary>
    public static JsonElement? FindObject(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : null;

    /// <summary>The objects in a member that is an array; one object counts as an array of one. Empty = absent or of another kind.</summary>
    public static IEnumerable<JsonElement> FindObjects(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var member))
        {
            return [];
        }

        return member.ValueKind switch
        {
            JsonValueKind.Object => [member],
            JsonValueKind.Array => member.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object),
            _ => [],
        };
    }
}
