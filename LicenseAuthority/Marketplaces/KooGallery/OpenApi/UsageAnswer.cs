using System.Text.Json;
using LicenseAuthority.Marketplaces.Usage;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>
/// What came of a report of use (protocol section 4e). What it keeps of the answer may be logged: neither a code nor anybody's id is in it, whatever was answered.
/// </summary>
/// <param name="Answer">The answer, without its body.</param>
/// <param name="FailedLicenses">The licenses of the report that the marketplace names as failed; it does not take them, and would not the next time.</param>
/// <param name="Failed">How many failures it names, also of what is not in the report.</param>
internal sealed record UsageAnswer(OpenApiAnswer Answer, IReadOnlyList<string> FailedLicenses, int Failed)
{
    // How the list is called in full, and what stands in it, is published nowhere.
    private const string CheckFail = "check_fail";

    private static readonly string[] CodeMembers = ["license", "license_code", "licenseCode"];

    /// <summary>Reads an answer to a report of these.</summary>
    public static UsageAnswer Of(OpenApiAnswer answer, IReadOnlyList<LicenseUsage> usages)
    {
        var failures = answer.Body?.FindObject("data") is { } data
            ? data.EnumerateObject()
                .Where(static member => member.Name.StartsWith(CheckFail, StringComparison.OrdinalIgnoreCase))
                .SelectMany(static member => Items(member.Value))
                .ToList()
            : [];
        var codes = failures.Select(CodeOf).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return new UsageAnswer(
            answer with { Body = null, Message = MayBeShown(answer.Message, usages) ? answer.Message : null },
            [.. usages.Where(usage => codes.Contains(usage.Code.Text)).Select(static usage => usage.LicenseId)],
            failures.Count);
    }

    /// <summary>Says what was answered and how many failed.</summary>
    public override string ToString() => FormattableString.Invariant($"{Answer.Summary}, {Failed} failed");

    // A list, or one by itself; null and false say that there is none.
    private static IEnumerable<JsonElement> Items(JsonElement list) => list.ValueKind switch
    {
        JsonValueKind.Array => list.EnumerateArray(),
        JsonValueKind.Object or JsonValueKind.String => [list],
        _ => [],
    };

    private static string? CodeOf(JsonElement failure)
    {
        try
        {
            return failure.ValueKind == JsonValueKind.String
                ? failure.GetString()
                : CodeMembers.Select(name => failure.FindText(name)).FirstOrDefault(static text => text is not null);
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate.
            return null;
        }
    }

    private static bool MayBeShown(string? message, IReadOnlyList<LicenseUsage> usages) => message is null || !usages.Any(usage =>
        message.Contains(usage.Code.Text, StringComparison.OrdinalIgnoreCase) || usage.Ids.Any(id => message.Contains(id, StringComparison.OrdinalIgnoreCase)));
}
