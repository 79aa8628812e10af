using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace LicenseAuthority.Simulation.OpenApi;

/// <summary>A license code that was uploaded for an event (protocol section 5c).</summary>
/// <param name="EventId">The event in whose path it came.</param>
/// <param name="Code">The code.</param>
/// <param name="Fault">What is wrong with the upload; null = nothing.</param>
internal sealed record UploadedCode(string EventId, string Code, string? Fault)
{
    private const int LongestText = 1024;

    /// <summary>Reads an upload.</summary>
    public static async Task<UploadedCode> ReadAsync(string eventId, string? contentType, byte[] body)
    {
        var reader = new MultipartReader(contentType?.Split("boundary=", 2).ElementAtOrDefault(1)?.Trim('"') ?? "", new MemoryStream(body));
        JsonElement? request = null;
        byte[]? file = null;
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            using var content = new MemoryStream();
            await section.Body.CopyToAsync(content);
            var isFile = section.ContentDisposition?.Contains("name=\"file\"", StringComparison.Ordinal) == true;
            (request, file) = isFile ? (request, content.ToArray()) : (JsonElement.Parse(content.ToArray()), file);
        }

        string? Member(string name) => request is { } json && json.TryGetProperty(name, out var value) ? value.GetString() : null;
        return Member("type") switch
        {
            "CHARACTERS" => new UploadedCode(
                eventId, Member("characters") ?? "", Member("characters") is { Length: > 0 and <= LongestText } ? null : "characters must have 1 to 1,024"),
            "FILE" => new UploadedCode(
                eventId, Encoding.UTF8.GetString(file ?? []),
                file is null || Member("file_name") is null ? "a FILE needs file and file_name"
                    : Member("sha256") == Convert.ToHexStringLower(SHA256.HashData(file)) ? null : "sha256 does not fit the file"),
            _ => new UploadedCode(eventId, "", "type is neither CHARACTERS nor FILE"),
        };
    }

    /// <summary>Shows no code.</summary>
    public override string ToString() => $"upload for event {EventId}";
}
