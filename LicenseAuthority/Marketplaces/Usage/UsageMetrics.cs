using System.Diagnostics.Metrics;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Marketplaces.Usage;

/// <summary>Counts what became of the use that licensed software has told.</summary>
internal sealed class UsageMetrics(IMeterFactory meters)
{
    /// <summary>The marketplace has it.</summary>
    public const string Sent = "sent";

    /// <summary>The marketplace does not take it.</summary>
    public const string Refused = "refused";

    /// <summary>It could not be sent in time.</summary>
    public const string GivenUp = "given_up";

    private readonly Counter<long> _entries = meters.Create(AuthorityTelemetry.Name).CreateCounter<long>(
        "license_authority.marketplace.usage_entries", "{entry}", "Numbers and ids of a day's use that were reported to the marketplace, or never will be.");

    /// <summary>So many entries had this outcome.</summary>
    public void Reported(string outcome, int entries)
    {
        if (entries > 0)
        {
            _entries.Add(entries, new KeyValuePair<string, object?>("license_authority.outcome", outcome));
        }
    }
}
