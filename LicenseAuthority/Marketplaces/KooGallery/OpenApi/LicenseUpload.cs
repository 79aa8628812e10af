using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>A license code on its way to the buyer (protocol section 5c).</summary>
/// <param name="EventId">The event in which it was asked for, up to 64 characters.</param>
/// <param name="LicenseId">Names the file, when it is one.</param>
/// <param name="Code">The license code: ASCII in one line.</param>
internal sealed record LicenseUpload(string EventId, string LicenseId, string Code)
{
    /// <summary>So many characters go as a text; a longer code goes as a file.</summary>
    public const int LongestText = 1024;

    /// <summary>The order that the license was bought with, for the journal; null = none is known.</summary>
    public string? OrderId { get; init; }

    public bool IsFile => Code.Length > LongestText;

    /// <summary>The marketplace's word for how it goes.</summary>
    public string Type => IsFile ? "FILE" : "CHARACTERS";

    /// <summary>The body: what it is, and the code.</summary>
    public MultipartBody ToBody()
    {
        if (!IsFile)
        {
            return new MultipartBody(Describe(new Description(Type, Code, null, null)));
        }

        var file = Encoding.ASCII.GetBytes(Code);
        var name = LicenseId + ".lic";
        return new MultipartBody(
            Describe(new Description(Type, null, name, Convert.ToHexStringLower(SHA256.HashData(file)))),
            new MultipartBody.Part("file", "application/octet-stream", file, name));
    }

    /// <summary>Says which, and does not hold the code.</summary>
    public override string ToString() => $"license {LicenseId} for event {EventId}";

    private static MultipartBody.Part Describe(Description description) =>
        new("isvUpdateFileReq", "application/json", JsonSerializer.SerializeToUtf8Bytes(description, DescriptionJson.Default.Description));

    internal sealed record Description(string Type, string? Characters, string? FileName, string? Sha256);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LicenseUpload.Description))]
internal sealed partial class DescriptionJson : JsonSerializerContext;
