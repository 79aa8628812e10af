using System.Text.Json;
using LicenseAuthority.Marketplaces.Usage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>
/// The body with which software tells of its use: exactly one of <c>{"activeNum": n}</c> and <c>{"id": "…"}</c>. Members of later versions are not looked at, as
/// shipped software may be newer than the service.
/// </summary>
internal static class UsageEntryBody
{
    private const int MostActive = 999_999_999;
    private const int LongestId = 256;

    /// <summary>Reads it: either an entry, or a problem.</summary>
    public static async Task<(UsageEntry? Entry, ProblemHttpResult? Problem)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var (given, problem) = await JsonBody.ReadAsync(request, static root => new ReadEntry(Read(root)), cancellationToken);
        return problem is not null ? (null, problem) : given?.Entry is { } entry ? (entry, null) : (null, Refuse());
    }

    // Null: it is none. A member that is null is the same as one that was left out.
    private static UsageEntry? Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        JsonElement[] numbers = [.. root.EnumerateObject().Where(static member => member.NameEquals("activeNum")).Select(static member => member.Value)];
        JsonElement[] ids = [.. root.EnumerateObject().Where(static member => member.NameEquals("id")).Select(static member => member.Value)];
        if (numbers.Length > 1 || ids.Length > 1)
        {
            return null;
        }

        return (Given(numbers), Given(ids)) switch
        {
            ({ ValueKind: JsonValueKind.Number } number, null) when number.TryGetInt32(out var active) && active is >= 0 and <= MostActive =>
                new UsageEntry.Count(active),
            (null, { ValueKind: JsonValueKind.String } id) when id.GetString() is { Length: > 0 and <= LongestId } text
                && !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl) => new UsageEntry.Id(text),
            _ => null,
        };
    }

    private static JsonElement? Given(JsonElement[] members) => members is [{ ValueKind: not JsonValueKind.Null } value] ? value : null;

    private static ProblemHttpResult Refuse() => Problems.Create(
        StatusCodes.Status400BadRequest, "bad-usage",
        "The body is an object with exactly one of activeNum, a whole number from 0 to 999999999, and id, a text of 1 to 256 characters that is not blank and has no control characters: {\"activeNum\": 12}.");

    private readonly record struct ReadEntry(UsageEntry? Entry);
}
