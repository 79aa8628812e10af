using System.Diagnostics.Metrics;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Telemetry;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Telemetry;

/// <summary>The gauges of orders of which it is not known yet what was bought.</summary>
[OnEveryDatabase]
internal sealed class PendingOrderMetricsTests
{
    [Test]
    public async Task Figures_OfTheStore_AreThoseOfRealOrdersThatArePending()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var store = app.Services.GetRequiredService<IPendingOrderStore>();
        var now = app.Time.GetUtcNow();
        var figures = app.Services.GetRequiredService<IPendingOrderFigures>();
        Assert.That(await figures.ReadAsync(CancellationToken.None), Is.EqualTo(new PendingOrderFigures(0, null)));

        foreach (var (id, minutes, test) in new[] { ("lic_1", 40, false), ("lic_2", 30, false), ("lic_3", 50, true), ("lic_4", 60, false) })
        {
            var key = new PendingOrderKey("default", test, $"CS-{id}", "");
            await store.AllotAsync(new PendingOrder(id, key, "newInstance", now.AddMinutes(-minutes)) { NextAttemptAt = now.AddHours(1) }, CancellationToken.None);
        }

        var ended = (await store.FindAsync("lic_4", CancellationToken.None))!;
        await store.EndAsync(ended, PendingOrderEnd.Released, "marketplace", now, nonce: null, CancellationToken.None);

        Assert.That(await figures.ReadAsync(CancellationToken.None), Is.EqualTo(new PendingOrderFigures(2, now.AddMinutes(-40))));
    }

    [Test]
    public void Figures_OfTheStore_AreShown()
    {
        var time = new FakeTimeProvider(TestClock.Round);
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        _ = new PendingOrderMetrics(meters, new Answer(() => new PendingOrderFigures(3, TestClock.Round.AddMinutes(-2))), time);
        using var measurements = new Measurements(meters);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(measurements.Observe("license_authority.orders.pending"), Is.EqualTo(3));
            Assert.That(measurements.Observe("license_authority.orders.pending.oldest.age"), Is.EqualTo(120));
        }
    }

    [Test]
    public void Figures_StoreDoesNotAnswer_AreAbsentRatherThanZero()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        _ = new PendingOrderMetrics(meters, new Answer(() => throw new StoreBusyException("on purpose")), new FakeTimeProvider(TestClock.Round));
        using var measurements = new Measurements(meters);

        Assert.That(measurements.Observe("license_authority.orders.pending"), Is.Null);
    }

    private sealed class Answer(Func<PendingOrderFigures> figures) : IPendingOrderFigures
    {
        public ValueTask<PendingOrderFigures> ReadAsync(CancellationToken cancellationToken) => new(figures());
    }
}
