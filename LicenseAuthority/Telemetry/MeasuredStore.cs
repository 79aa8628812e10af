using System.Diagnostics;
using System.Diagnostics.Metrics;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Telemetry;

/// <summary>Measures the changes of licenses that are stored, and counts what came of them. Changes nothing of the store; reads pass through.</summary>
internal sealed class MeasuredStore : ILicenseStore
{
    private static readonly InstrumentAdvice<double> Advice = new() { HistogramBucketBoundaries = AuthorityTelemetry.CallBounds };

    private readonly ILicenseStore _store;
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _codes;
    private readonly Counter<long> _conflicts;

    public MeasuredStore(ILicenseStore store, IMeterFactory meters, TimeProvider time)
    {
        _store = store;
        _time = time;
        var meter = meters.Create(AuthorityTelemetry.Name);
        _duration = meter.CreateHistogram(
            "license_authority.store.change.duration", "s", "Time from handing a change to the store until it is durable: waiting for its turn, writing, and the commit.", tags: null, Advice);
        _codes = meter.CreateCounter<long>("license_authority.codes.issued", "{code}", "License codes that were issued: signed and durably stored.");
        _conflicts = meter.CreateCounter<long>("license_authority.conflicts.opened", "{conflict}", "Conflicts and unserved orders that wait for an operator.");
    }

    /// <inheritdoc/>
    public ValueTask<ServedOrder?> FindOrderAsync(OrderKey key, CancellationToken cancellationToken) => _store.FindOrderAsync(key, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<License?> FindLicenseAsync(string licenseId, CancellationToken cancellationToken) => _store.FindLicenseAsync(licenseId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> FindCustomerIdAsync(string account, string marketplaceCustomerId, CancellationToken cancellationToken) =>
        _store.FindCustomerIdAsync(account, marketplaceCustomerId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<CallOutcome?> FindAnswerAsync(License license, IReadOnlyList<CallKey> keys, CancellationToken cancellationToken) =>
        _store.FindAnswerAsync(license, keys, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ConflictRecord?> FindConflictAsync(string conflictId, CancellationToken cancellationToken) =>
        _store.FindConflictAsync(conflictId, cancellationToken);

    /// <inheritdoc/>
    public async Task<StoreOutcome> StoreAsync(LicenseChange change, CancellationToken cancellationToken)
    {
        using var span = AuthorityTelemetry.Spans.StartActivity("store change");
        span?.SetTag("license_authority.license.id", change.After.Id);
        var startedAt = _time.GetTimestamp();
        try
        {
            var outcome = await _store.StoreAsync(change, cancellationToken);
            Record(startedAt, outcome == StoreOutcome.Stored ? "stored" : "overtaken");
            if (outcome == StoreOutcome.Stored)
            {
                Count(change);
            }

            return outcome;
        }
        catch (Exception exception)
        {
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", exception.GetType().FullName);
            Record(startedAt, exception is StoreBusyException ? "busy" : "failed");
            throw;
        }
    }

    private void Record(long startedAt, string outcome) =>
        _duration.Record(_time.GetElapsedTime(startedAt).TotalSeconds, new KeyValuePair<string, object?>("license_authority.outcome", outcome));

    private void Count(LicenseChange change)
    {
        if (change.Code is not null)
        {
            // As many values as products were ever sold.
            _codes.Add(
                1,
                new KeyValuePair<string, object?>("license_authority.product", change.After.Product),
                new KeyValuePair<string, object?>("license_authority.test", change.After.Test ? "true" : "false"));
        }

        if (change.Conflict is { } conflict)
        {
            _conflicts.Add(1, new KeyValuePair<string, object?>("license_authority.conflict.kind", conflict.Kind.ToWord()));
        }
    }
}
