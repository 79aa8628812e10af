using System.Text.Json;
using LicenseAuthority.Webhooks;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>The body that adds a webhook: <c>{"url": "https://…", "events": ["license.issued", …]}</c>.</summary>
internal static class WebhookBody
{
    private const string Code = "bad-webhook";
    private const string Form = "{\"url\": \"https://…\", \"events\": [\"license.issued\"]}";

    /// <summary>Reads it. Either a problem, or where to and what for; whether events may go there is not judged here.</summary>
    public static async Task<(string? Url, IReadOnlyList<string> Events, ProblemHttpResult? Problem)> ReadAsync(
        HttpRequest request, CancellationToken cancellationToken)
    {
        var (given, problem) = await JsonBody.ReadAsync(request, Read, cancellationToken);
        return problem is not null ? (null, [], problem) : given ?? Fail($"Send a body: {Form}.");
    }

    private static (string? Url, IReadOnlyList<string> Events, ProblemHttpResult? Problem) Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Fail($"The body must be an object: {Form}.");
        }

        string? url = null;
        List<string>? events = null;
        foreach (var member in root.EnumerateObject())
        {
            switch (member.Name)
            {
                case "url" when url is null && member.Value.ValueKind == JsonValueKind.String:
                    url = member.Value.GetString();
                    break;
                case "events" when events is null && member.Value.ValueKind == JsonValueKind.Array:
                    events = [];
                    foreach (var item in member.Value.EnumerateArray())
                    {
                        if (item.ValueKind != JsonValueKind.String || item.GetString() is not { } word || !WebhookEvents.IsKnown(word))
                        {
                            return Fail($"The member events may hold only: {string.Join(", ", WebhookEvents.All)}.");
                        }

                        events.Add(word);
                    }

                    break;
                default:
                    return Fail($"The body must have the members url, a text, and events, a list of texts, each once, and no other: {Form}.");
            }
        }

        return url is null ? Fail("The member url is missing: where events go to.")
            : events is not { Count: > 0 } ? Fail($"The member events is missing or empty. Name at least one of: {string.Join(", ", WebhookEvents.All)}.")
            : (url, events, null);
    }

    private static (string? Url, IReadOnlyList<string> Events, ProblemHttpResult? Problem) Fail(string detail) =>
        (null, [], Problems.Create(StatusCodes.Status400BadRequest, Code, detail));
}
