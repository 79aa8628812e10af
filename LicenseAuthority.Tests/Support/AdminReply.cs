using System.Net;
using System.Text.Json;

namespace LicenseAuthority.Tests.Support;

/// <summary>An answer of a door that speaks HTTP properly: JSON, or problem details with a code.</summary>
internal sealed record AdminReply(HttpStatusCode Status, JsonElement Json)
{
    private static readonly string[] ProblemMembers = ["type", "title", "status", "detail", "code", "traceId", "devices", "since", "lastError"];

    /// <summary>The code of a problem; null when it is none.</summary>
    public string? Code => (int)Status >= 400 ? Json.GetProperty("code").GetString() : null;

    /// <summary>What a problem says to people.</summary>
    public string? Detail => Json.GetProperty("detail").GetString();

    /// <summary>Reads an answer and asserts of a problem what holds for every one: its type, its status, a code, and nothing of our insides.</summary>
    public static async Task<AdminReply> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(text, Is.Not.Empty, $"{(int)response.StatusCode}");
        var json = JsonElement.Parse(text);
        if (!response.IsSuccessStatusCode)
        {
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"), text);
            Assert.That(json.GetProperty("status").GetInt32(), Is.EqualTo((int)response.StatusCode), text);
            Assert.That(json.GetProperty("code").GetString(), Does.Match("^[a-z-]+$"), text);
            Assert.That(json.EnumerateObject().Select(member => member.Name), Is.SubsetOf(ProblemMembers), text);
            Assert.That(text, Does.Not.Contain("Exception").And.Not.Contain(" at LicenseAuthority."), "no internals are shown");
        }

        return new AdminReply(response.StatusCode, json);
    }

    /// <summary>Shows the status and the body.</summary>
    public override string ToString() => $"{(int)Status} {Json.GetRawText()}";
}
