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

    /// <summary>The code was not issued here.</summary>
    public void UnknownCode() => Count("unknown_code");

    /// <summary>The code was issued here, and a restored database does not know it.</summary>
    public void Lost() => Count("restored");

    /// <summary>The license's software asks too often.</summary>
    public void TooManyRequests() => Count("too_many_requests");

    private void Count(string outcome) => _refreshes.Add(1, new KeyValuePair<string, object?>("license_authority.outcome", outcome));
}
