using System.Text.Json;

namespace LicenseAuthority.Tests.Support;

/// <summary>The events of a license as one history: what an event found is what those before it left, and the end is what the license is.</summary>
internal static class EventChain
{
    public static void AssertConsistent(IReadOnlyList<JsonElement> events, JsonElement license)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var happened in events)
        {
            foreach (var (name, value) in Members(happened.GetProperty("before")))
            {
                Assert.That(facts.GetValueOrDefault(name, "null"), Is.EqualTo(value), $"{name} before {happened.GetRawText()}");
            }

            foreach (var (name, value) in Members(happened.GetProperty("after")))
            {
                facts[name] = value;
            }
        }

        foreach (var name in new[] { "state", "expiresAt", "releasedAt", "revokedAt", "quantity", "generation" })
        {
            Assert.That(license.GetProperty(name).GetRawText(), Is.EqualTo(facts.GetValueOrDefault(name, "null")), name);
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Members(JsonElement facts) => facts.ValueKind == JsonValueKind.Null
        ? []
        : facts.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, member.Value.GetRawText()));
}
