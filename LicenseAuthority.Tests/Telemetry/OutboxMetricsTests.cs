using System.Diagnostics.Metrics;
using LicenseAuthority.Outbox;
using LicenseAuthority.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Telemetry;

/// <summary>The gauges of what waits to be sent.</summary>
internal sealed class OutboxMetricsTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void Figures_OfTheStore_AreShown()
    {
        var time = new FakeTimeProvider(Now);
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        _ = new OutboxMetrics(meters, new Answer(() => new OutboxFigures(7, 2, Now.AddSeconds(-30))), time);
        using var measurements = new Measurements(meters);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(measurements.Observe("license_authority.outbox.pending"), Is.EqualTo(7));
            Assert.That(measurements.Observe("license_authority.outbox.parked"), Is.EqualTo(2));
            Assert.That(measurements.Observe("license_authority.outbox.oldest.age"), Is.EqualTo(30));
        }
    }

    [Test]
    public void Figures_StoreDoesNotAnswer_AreAbsentRatherThanZero()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        _ = new OutboxMetrics(meters, new Answer(() => throw new StoreBusyException("on purpose")), new FakeTimeProvider(Now));
        using var measurements = new Measurements(meters);

        Assert.That(measurements.Observe("license_authority.outbox.pending"), Is.Null);
    }

    private sealed class Answer(Func<OutboxFigures> figures) : IOutboxFigures
    {
        public ValueTask<OutboxFigures> ReadAsync(CancellationToken cancellationToken) => new(figures());
    }
}
