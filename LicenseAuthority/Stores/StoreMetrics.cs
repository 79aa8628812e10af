using System.Diagnostics;
using System.Diagnostics.Metrics;
using LicenseAuthority.Licensing;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Stores;

/// <summary>Measures how long calls wait for their changes to be stored.</summary>
internal sealed class StoreMetrics
{
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;

    public StoreMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        _duration = meters.Create(AuthorityTelemetry.Name).CreateHistogram(
            "license_authority.store.change.duration",
            "s",
            "Time from handing a change to the store until it is durable: waiting for its turn, writing, and the commit.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = AuthorityTelemetry.CallBounds });
    }

    /// <summary>Runs the storing of a change and measures it.</summary>
    public async Task<StoreOutcome> MeasureAsync(string licenseId, Func<Task<StoreOutcome>> store)
    {
        using var span = AuthorityTelemetry.Spans.StartActivity("store change");
        span?.SetTag("license_authority.license.id", licenseId);
        var startedAt = _time.GetTimestamp();
        try
        {
            var outcome = await store();
            Record(startedAt, outcome == StoreOutcome.Stored ? "stored" : "overtaken");
            return outcome;
        }
        catch (Exception exception)
        {
            // The type only: messages may tell more than a trace should hold.
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", exception.GetType().FullName);
            Record(startedAt, exception is StoreBusyException ? "busy" : "failed");
            throw;
        }
    }

    private void Record(long startedAt, string outcome) =>
        _duration.Record(_time.GetElapsedTime(startedAt).TotalSeconds, new KeyValuePair<string, object?>("license_authority.outcome", outcome));
}
