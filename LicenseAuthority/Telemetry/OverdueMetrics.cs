using System.Diagnostics.Metrics;
using LicenseAuthority.Expiry;
using LicenseAuthority.Licensing;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Telemetry;

/// <summary>
/// For how long the license that is due first has been due. However often somebody collects, the store is asked at most every ten seconds; in between
/// the age still grows, as it counts from the instant that was found.
/// </summary>
internal sealed class OverdueMetrics
{
    private static readonly TimeSpan BetweenReads = TimeSpan.FromSeconds(10);

    private readonly IDueLicenses _dueLicenses;
    private readonly TimeProvider _time;
    private readonly bool _enabled;
    private long _nextReadAt = long.MinValue;
    private volatile Found? _found;

    public OverdueMetrics(IMeterFactory meters, IDueLicenses dueLicenses, IOptions<ExpiryOptions> options, TimeProvider time)
    {
        _dueLicenses = dueLicenses;
        _time = time;
        _enabled = options.Value.Enabled;
        meters.Create(AuthorityTelemetry.Name).CreateObservableGauge(
            "license_authority.licenses.overdue.age", Observe, "s", "How long the license that is due first has waited to be settled; 0 = none is overdue.");
    }

    // Nothing while it is not known: the store did not answer, or nobody settles.
    private IEnumerable<Measurement<double>> Observe()
    {
        ReadWhenDue();
        return _enabled && _found is { } found
            ? [new Measurement<double>(found.OldestDue is { } oldest ? Math.Max(0, (_time.GetUtcNow() - oldest).TotalSeconds) : 0)]
            : [];
    }

    private void ReadWhenDue()
    {
        var now = _time.GetTimestamp();
        var nextReadAt = Interlocked.Read(ref _nextReadAt);
        if (_enabled
            && now >= nextReadAt
            && Interlocked.CompareExchange(ref _nextReadAt, now + (long)(BetweenReads.TotalSeconds * _time.TimestampFrequency), nextReadAt) == nextReadAt)
        {
            // Not waited for: a store that hangs must not hold up whoever collects. One that answers at once has answered here.
            _ = ReadAsync();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            _found = new Found(await _dueLicenses.FindOldestDueAsync(CancellationToken.None));
        }
        catch (Exception)
        {
            // Health and the log tell of a store that does not answer; a figure from before would tell that all is well.
            _found = null;
        }
    }

    private sealed record Found(DateTimeOffset? OldestDue);
}
