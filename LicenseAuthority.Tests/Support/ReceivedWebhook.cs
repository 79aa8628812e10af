using System.Text;
using System.Text.Json;

namespace LicenseAuthority.Tests.Support;

/// <summary>A request as a receiver got it.</summary>
internal sealed record ReceivedWebhook(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Id => Headers["webhook-id"];

    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonElement.Parse(Body);

    public string Type => Json.GetProperty("type").GetString()!;

    public JsonElement Data => Json.GetProperty("data");

    public string LicenseId => Data.GetProperty("licenseId").GetString()!;
}
