using System.Text.Json;
using System.Text.Json.Serialization;

namespace LicenseAuthority.Marketplaces.Usage;

/// <summary>
/// A report that goes out in one call: which entries of which licenses. It names them and does not hold them: a message stays listed for days after it was sent,
/// and what is in it may be personal data. Immutable.
/// </summary>
/// <param name="Day">The marketplace's day.</param>
/// <param name="Part">From 0: of each license the entries from <c>Part × <see cref="UsagePolicy.MostEntries"/></c> on, so many; the number comes after the ids.</param>
/// <param name="Licenses">The licenses' ids.</param>
internal sealed record UsageReport(DateOnly Day, int Part, IReadOnlyList<string> Licenses)
{
    /// <summary>What kind of destination reports go to; the destination of one is the seller's account.</summary>
    public const string DestinationKind = "usage-report";

    /// <summary>The type of the messages.</summary>
    public const string Type = "usage.report";

    /// <summary>The reports of some licenses, as few as they fit in.</summary>
    /// <param name="day">The day.</param>
    /// <param name="used">The licenses, no more than go into one report.</param>
    /// <param name="policy">How the marketplace wants them.</param>
    public static IReadOnlyList<UsageReport> Of(DateOnly day, IReadOnlyList<UsedLicense> used, UsagePolicy policy)
    {
        var reports = new List<UsageReport>();
        while (true)
        {
            var first = (long)reports.Count * policy.MostEntries;
            string[] licenses = [.. used.Where(license => license.Entries > first).Select(static license => license.LicenseId)];
            if (licenses.Length == 0)
            {
                return reports;
            }

            reports.Add(new UsageReport(day, reports.Count, licenses));
        }
    }

    /// <summary>As it stands in the message.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, UsageReportJson.Default.UsageReport);

    /// <summary>Reads it back.</summary>
    public static UsageReport Read(string json) => JsonSerializer.Deserialize(json, UsageReportJson.Default.UsageReport)!;

    /// <summary>Says of which day and how many.</summary>
    public override string ToString() => FormattableString.Invariant($"usage of {Licenses.Count} licenses on {Day:O}, part {Part}");
}

/// <summary>A license that was used on a day.</summary>
/// <param name="LicenseId">The license.</param>
/// <param name="Ids">How many ids it had.</param>
/// <param name="HasNumber">Whether a number was told.</param>
internal sealed record UsedLicense(string LicenseId, long Ids, bool HasNumber)
{
    /// <summary>How many entries there are to report.</summary>
    public long Entries => Ids + (HasNumber ? 1 : 0);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UsageReport))]
internal sealed partial class UsageReportJson : JsonSerializerContext;
