using System.Diagnostics.Metrics;
using LicenseAuthority.Clock;
using LicenseAuthority.Expiry;
using LicenseAuthority.Licensing;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Telemetry;

/// <summary>
/// For how long the license that is due first has been due. Between two reads the age still grows, as it counts from the instant that was found; it
/// stands at 0 while the clock is in doubt.
/// </summary>
internal sealed class OverdueMetrics
{
    private readonly ObservedFigure<DateTimeOffset?> _oldestDue;
    private readonly SteadyTime _time;
    private readonly bool _enabled;

    public OverdueMetrics(IMeterFactory meters, IDueLicenses dueLicenses, IOptions<ExpiryOptions> options, SteadyTime time)
    {
        _oldestDue = new ObservedFigure<DateTimeOffset?>(dueLicenses.FindOldestDueAsync, time);
        _time = time;
        _enabled = options.Value.Enabled;
        meters.Create(AuthorityTelemetry.Name).CreateObservableGauge(
            "license_authority.licenses.overdue.age", Observe, "s", "How long the license that is due first has waited to be settled; 0 = none is overdue.");
    }

    // Nothing while it is not known: the store did not answer, or nobody settles.
    private IEnumerable<Measurement<double>> Observe() => _enabled && _oldestDue.TryGet(out var oldestDue)
        ? [new Measurement<double>(oldestDue is { } oldest ? _time.Read().OverdueSince(oldest).TotalSeconds : 0)]
        : [];
}
