using System.Net;
using System.Text;
using System.Text.Json;

namespace LicenseAuthority.Tests.Support;

/// <summary>An answer to the marketplace.</summary>
internal sealed record MarketplaceReply(byte[] Body, string ResultCode, string ResultMessage, string? License, string? InstanceId)
{
    private static readonly string[] Members = ["resultCode", "resultMsg", "license", "instanceId", "info"];

    /// <summary>The instances in <c>info</c>; null when there is none.</summary>
    public IReadOnlyList<string>? Instances { get; private init; }

    /// <summary>Reads an answer and asserts what holds for every one of them: HTTP 200, signed over the very bytes that came, the published members.</summary>
    public static async Task<MarketplaceReply> ReadAsync(HttpResponseMessage response, string answerKey)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        var text = Encoding.UTF8.GetString(body);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
        var signature = MarketplaceCaller.Mac(answerKey, body);
        Assert.That(response.Headers.NonValidated["Body-Sign"].ToString(), Is.EqualTo($"sign_type=\"HMAC-SHA256\", signature= \"{signature}\""), text);
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(response.Content.Headers.ContentType.CharSet, Is.EqualTo("UTF-8"));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(body.Length));
        Assert.That(response.Headers.CacheControl!.NoStore, Is.True);

        using var json = JsonDocument.Parse(body);
        var members = json.RootElement.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.String)
            .ToDictionary(member => member.Name, member => member.Value.GetString());
        Assert.That(json.RootElement.EnumerateObject().Select(member => member.Name), Is.SubsetOf(Members).And.Unique);
        var reply = new MarketplaceReply(
            body, members["resultCode"]!, members["resultMsg"]!, members.GetValueOrDefault("license"), members.GetValueOrDefault("instanceId"))
        {
            Instances = json.RootElement.TryGetProperty("info", out var info) ? [.. info.EnumerateArray().Select(each => each.GetProperty("instanceId").GetString()!)] : null,
        };
        Assert.That(reply.ResultCode, Does.Match("^[0-9]{6}$"));
        Assert.That(reply.ResultMessage, Has.Length.InRange(1, 255));
        return reply;
    }

    /// <summary>Shows the code and the message.</summary>
    public override string ToString() => $"{ResultCode} {ResultMessage}";
}
