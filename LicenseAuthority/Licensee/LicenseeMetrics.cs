using System.Diagnostics.Metrics;
using LicenseAuthority.Licensing;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Licensee;

/// <summary>Counts how licensed software is answered.</summary>
internal sealed class LicenseeMetrics
{
    private readonly Counter<long> _refreshes;

    public LicenseeMetrics(IMeterFactory meters) => _refreshes = meters.Create(AuthorityTelemetry.Name).CreateCounter<long>(
        "license_authority.licensee.refreshes", "{refresh}", "Refreshes by licensed software that were answered.");

    /// <summary>The newest code was given, with this state.</summary>
    public void Served(LicenseState state) => Count(state switch
    {
        LicenseState.Active => "active",
        LicenseState.Frozen => "frozen",
        LicenseState.Released => "released",
        LicenseState.Revoked => "revoked",
        _ => AuthorityTelemetry.Other,
    });

    /// <summary>No code was given, for this reason.</summary>
    public void Refused(ShownVerdict verdict) => Count(verdict switch
    {
        ShownVerdict.Unknown => "unknown_code",
        ShownVerdict.Restored => "restored",
        ShownVerdict.TooOften => "too_many_requests",
        _ => AuthorityTelemetry.Other,
    });

    private void Count(string outcome) => _refreshes.Add(1, new KeyValuePair<string, object?>("license_authority.outcome", outcome));
}
