using System.Diagnostics.Metrics;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Marketplaces.Usage;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Licensee;

/// <summary>Counts how licensed software is answered.</summary>
internal sealed class LicenseeMetrics
{
    private readonly Counter<long> _refreshes;
    private readonly Counter<long> _activations;
    private readonly Counter<long> _frees;
    private readonly Counter<long> _usages;

    public LicenseeMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(AuthorityTelemetry.Name);
        _refreshes = meter.CreateCounter<long>("license_authority.licensee.refreshes", "{refresh}", "Refreshes by licensed software that were answered.");
        _activations = meter.CreateCounter<long>("license_authority.licensee.activations", "{activation}", "Activations of devices that were answered, also of operators.");
        _frees = meter.CreateCounter<long>("license_authority.licensee.frees", "{free}", "Requests to give up a device's place that were answered.");
        _usages = meter.CreateCounter<long>("license_authority.licensee.usages", "{call}", "Calls by which licensed software tells of its use that were answered.");
    }

    /// <summary>The newest code was given, with this state.</summary>
    public void Served(LicenseState state) => Count(_refreshes, state switch
    {
        LicenseState.Active => "active",
        LicenseState.Frozen => "frozen",
        LicenseState.Released => "released",
        LicenseState.Revoked => "revoked",
        _ => AuthorityTelemetry.Other,
    });

    /// <summary>No code was given, for this reason.</summary>
    public void Refused(ShownVerdict verdict) => Count(_refreshes, WordOf(verdict));

    /// <summary>No code was given for a device, for this reason.</summary>
    public void Refused(DeviceOutcome outcome) => Count(_refreshes, WordOf(outcome));

    /// <summary>An activation had this outcome.</summary>
    public void Activation(DeviceOutcome outcome) => Count(_activations, WordOf(outcome));

    /// <summary>An activation was refused for the code that was shown.</summary>
    public void ActivationRefused(ShownVerdict verdict) => Count(_activations, WordOf(verdict));

    /// <summary>An activation was refused for the marketplace code that was shown.</summary>
    /// <param name="outcome">Why, one of a few words.</param>
    public void ActivationRefused(string outcome) => Count(_activations, outcome);

    /// <summary>Giving up a place had this outcome.</summary>
    public void Free(DeviceOutcome outcome) => Count(_frees, WordOf(outcome));

    /// <summary>Giving up a place was refused for the code that was shown.</summary>
    public void FreeRefused(ShownVerdict verdict) => Count(_frees, WordOf(verdict));

    /// <summary>What software told of its use had this outcome.</summary>
    public void Usage(UsageOutcome outcome) => Count(_usages, outcome switch
    {
        UsageOutcome.Accepted => "accepted",
        UsageOutcome.AcceptedTest => "test",
        UsageOutcome.NotWanted => "usage_disabled",
        UsageOutcome.NoMarketplaceCode => "no_marketplace_code",
        UsageOutcome.Over => "code_over",
        UsageOutcome.TooManyIds => "too_many_requests",
        _ => AuthorityTelemetry.Other,
    });

    /// <summary>What software told of its use was refused for the code that was shown.</summary>
    public void UsageRefused(ShownVerdict verdict) => Count(_usages, WordOf(verdict));

    private static string WordOf(ShownVerdict verdict) => verdict switch
    {
        ShownVerdict.Unknown => "unknown_code",
        ShownVerdict.Restored => "restored",
        ShownVerdict.TooOften => "too_many_requests",
        _ => AuthorityTelemetry.Other,
    };

    private static string WordOf(DeviceOutcome outcome) => outcome switch
    {
        DeviceOutcome.Activated => "activated",
        DeviceOutcome.HasPlace => "has_place",
        DeviceOutcome.Freed => "freed",
        DeviceOutcome.NotFound => "not_found",
        DeviceOutcome.WrongProduct => "wrong_product",
        DeviceOutcome.BoundToAnotherDevice => "bound_to_another_device",
        DeviceOutcome.DeviceFreed => "device_freed",
        DeviceOutcome.Over => "code_over",
        DeviceOutcome.Frozen => "state_does_not_allow",
        DeviceOutcome.NoSeatLeft => "no_seat_left",
        DeviceOutcome.NotYours => "not_your_device",
        DeviceOutcome.TooManyFrees => "too_many_frees",
        _ => AuthorityTelemetry.Other,
    };

    private static void Count(Counter<long> counter, string outcome) => counter.Add(1, new KeyValuePair<string, object?>("license_authority.outcome", outcome));
}
