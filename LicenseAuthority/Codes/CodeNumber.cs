using System.Buffers.Text;
using System.Text.Json;

namespace LicenseAuthority.Codes;

/// <summary>
/// Which code a text claims to be: its <c>sub</c> and <c>gen</c>, with nothing verified. Good only for looking up the code that has this number, whose
/// text must then be the same.
/// </summary>
/// <param name="LicenseId">License id.</param>
/// <param name="Generation">Number of the code within the license, from 1.</param>
internal readonly record struct CodeNumber(string LicenseId, int Generation)
{
    // The format's own limits (docs/license-code-format.md); what is longer or deeper was not issued here.
    private const int LongestCode = 8 * 1024;
    private const int DeepestJson = 8;

    /// <summary>Reads it from any text at all; null when there is none.</summary>
    public static CodeNumber? Read(string text)
    {
        // The length first: nobody knows yet who sent it. And of parts no more than tell that there are too many.
        if (text.Length > LongestCode || text.Split('.', 4) is not { Length: 3 } parts)
        {
            return null;
        }

        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]), new JsonDocumentOptions { MaxDepth = DeepestJson });
            return payload.RootElement.ValueKind == JsonValueKind.Object
                && payload.RootElement.TryGetProperty("sub", out var subject) && subject.ValueKind == JsonValueKind.String
                && payload.RootElement.TryGetProperty("gen", out var generation) && generation.ValueKind == JsonValueKind.Number
                && generation.TryGetInt32(out var number)
                && subject.GetString() is { } licenseId && licenseId.All(static character => char.IsAsciiLetterOrDigit(character) || character == '_')
                ? new CodeNumber(licenseId, number)
                : null;
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            // Not base64url, not JSON, or a string that is no valid Unicode.
            return null;
        }
    }
}
