using System.Diagnostics;
using System.Diagnostics.Metrics;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>Counts and times the marketplace's calls.</summary>
internal sealed class MarketplaceMetrics
{
    private static readonly InstrumentAdvice<double> Advice = new() { HistogramBucketBoundaries = AuthorityTelemetry.CallBounds };

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;

    public MarketplaceMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(AuthorityTelemetry.Name);
        _requests = meter.CreateCounter<long>("license_authority.marketplace.requests", "{request}", "Marketplace calls that were answered.");
        _duration = meter.CreateHistogram("license_authority.marketplace.request.duration", "s", "Time to answer a marketplace call.", tags: null, Advice);
    }

    /// <summary>Counts one.</summary>
    /// <param name="activity">The activity, one that is served here or <see cref="AuthorityTelemetry.Other"/>: nothing that a caller makes up.</param>
    /// <param name="resultCode">One of <see cref="ResultCode"/>.</param>
    /// <param name="elapsed">From the first look at the request until its answer was ready to be sent.</param>
    public void Answered(string activity, string resultCode, TimeSpan elapsed)
    {
        // Up to three tags, and no array is made for them.
        var tags = new TagList
        {
            { "license_authority.marketplace.activity", activity },
            { "license_authority.marketplace.result_code", resultCode },
        };
        _requests.Add(1, tags);
        _duration.Record(elapsed.TotalSeconds, tags);
    }
}
