using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Tests.Telemetry;

/// <summary>Everything that the instruments of one service measure from now on. Thread-safe.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly ConcurrentQueue<(string Instrument, double Value, string Tags)> _all = new();
    private readonly ConcurrentBag<Instrument> _instruments = [];
    private readonly MeterListener _listener = new();

    /// <param name="meters">The service's own: others in this process have instruments of the same names.</param>
    public Measurements(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == AuthorityTelemetry.Name && instrument.Meter.Scope == meters)
            {
                _instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>All instruments of the service.</summary>
    public IReadOnlyCollection<Instrument> Instruments => _instruments;

    /// <summary>How often an instrument measured, by the values of its tags: <c>getLicense 000000: 2</c>, in order.</summary>
    public IReadOnlyList<string> CountsOf(string instrument) =>
    [
        .. _all.Where(measured => measured.Instrument == instrument)
            .GroupBy(measured => measured.Tags)
            .Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Key}: {group.Count()}"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>What an instrument measured, in order.</summary>
    public IReadOnlyList<double> ValuesOf(string instrument) => [.. _all.Where(measured => measured.Instrument == instrument).Select(static measured => measured.Value)];

    /// <summary>What an observable instrument shows now; null = nothing.</summary>
    public double? Observe(string instrument)
    {
        _all.Clear();
        _listener.RecordObservableInstruments();
        return _all.Where(measured => measured.Instrument == instrument).Select(measured => (double?)measured.Value).SingleOrDefault();
    }

    /// <summary>What an observable instrument shows now, by the values of its tags: <c>default OFFI1: 2</c>, in order.</summary>
    public IReadOnlyList<string> ObserveAll(string instrument)
    {
        _all.Clear();
        _listener.RecordObservableInstruments();
        return
        [
            .. _all.Where(measured => measured.Instrument == instrument)
                .Select(measured => string.Create(CultureInfo.InvariantCulture, $"{measured.Tags}: {measured.Value}"))
                .Order(StringComparer.Ordinal),
        ];
    }

    public void Dispose() => _listener.Dispose();

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = new List<string>();
        foreach (var tag in tags)
        {
            values.Add($"{tag.Value}");
        }

        _all.Enqueue((instrument.Name, value, string.Join(' ', values)));
    }
}
