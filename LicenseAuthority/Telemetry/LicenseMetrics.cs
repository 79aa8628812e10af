using System.Diagnostics.Metrics;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Telemetry;

/// <summary>Counts what happens to licenses, by calls and by the clock alike, once it is durable.</summary>
internal sealed class LicenseMetrics : ICommitListener
{
    private readonly Counter<long> _events;
    private readonly Counter<long> _codes;
    private readonly Counter<long> _conflicts;

    public LicenseMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(AuthorityTelemetry.Name);
        _events = meter.CreateCounter<long>("license_authority.events.stored", "{event}", "What happened to licenses, by calls and by the clock.");
        _codes = meter.CreateCounter<long>("license_authority.codes.issued", "{code}", "License codes that were issued: signed and durably stored.");
        _conflicts = meter.CreateCounter<long>("license_authority.conflicts.opened", "{conflict}", "Conflicts and unserved orders that wait for an operator.");
    }

    /// <inheritdoc/>
    public void Unserved(OpenConflict entry)
    {
        // An alarm may hang on it.
        if (entry.Order is { Key.Test: false })
        {
            CountConflict(ConflictKind.Unserved);
        }
    }

    /// <inheritdoc/>
    public void Committed(IReadOnlyList<LicenseEvent> events)
    {
        for (var i = 0; i < events.Count; i++)
        {
            var happened = events[i];
            _events.Add(1, new KeyValuePair<string, object?>("license_authority.event.type", happened.Type.ToWord()));
            if (happened.HasNewCode)
            {
                // As many values as products were ever sold.
                _codes.Add(
                    1,
                    new KeyValuePair<string, object?>("license_authority.product", happened.After.Product),
                    new KeyValuePair<string, object?>("license_authority.test", happened.After.Test ? "true" : "false"));
            }

            if (happened.Type is LicenseEventType.Conflict or LicenseEventType.Unserved)
            {
                CountConflict(happened.Type == LicenseEventType.Conflict ? ConflictKind.Conflict : ConflictKind.Unserved);
            }
        }
    }

    private void CountConflict(ConflictKind kind) =>
        _conflicts.Add(1, new KeyValuePair<string, object?>("license_authority.conflict.kind", kind.ToWord()));
}
