using System.Diagnostics.Metrics;
using LicenseAuthority.Marketplaces.KooGallery;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Telemetry;

/// <summary>Measuring is on the way of every order.</summary>
internal sealed class MarketplaceMetricsTests
{
    private const int Calls = 1000;

    [Test]
    public void Answered_WhileSomebodyListens_AllocatesNothing()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var metrics = new MarketplaceMetrics(meters);
        var heard = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                // Services of other tests have instruments of the same names.
                if (instrument.Meter.Scope == meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => heard++);
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => heard++);
        listener.Start();
        Answer(metrics);
        heard = 0;

        var before = GC.GetAllocatedBytesForCurrentThread();
        Answer(metrics);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(heard, Is.GreaterThanOrEqualTo(2 * Calls));
        Assert.That(allocated, Is.LessThan(Calls), "less than a byte a call: nothing");
    }

    private static void Answer(MarketplaceMetrics metrics)
    {
        for (var i = 0; i < Calls; i++)
        {
            metrics.Answered("getLicense", "000000", TimeSpan.FromMilliseconds(1));
        }
    }
}
