using System.Diagnostics.Metrics;
using LicenseAuthority.Clock;
using LicenseAuthority.Expiry;
using LicenseAuthority.Licensing;
using LicenseAuthority.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Telemetry;

/// <summary>The gauge of what is overdue: right at any moment, and no burden on the store however often somebody collects.</summary>
internal sealed class OverdueMetricsTests
{
    private const string Gauge = "license_authority.licenses.overdue.age";
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private FakeTimeProvider _time = null!;
    private DueLicenses _due = null!;

    [SetUp]
    public void Start()
    {
        _time = new FakeTimeProvider(Now);
        _due = new DueLicenses();
    }

    [Test]
    public void Age_CollectedVeryOften_GrowsWhileTheStoreIsAskedOnce()
    {
        _due.Answer = () => new(Now.AddSeconds(-5));
        using var services = Services();
        using var measurements = Measure(services);

        var ages = Enumerable.Range(0, 9).Select(_ =>
        {
            var age = measurements.Observe(Gauge);
            _time.Advance(TimeSpan.FromSeconds(1));
            return age;
        }).ToList();

        Assert.That(ages, Is.EqualTo([5, 6, 7, 8, 9, 10, 11, 12, 13]));
        Assert.That(_due.Asked, Is.EqualTo(1));

        _due.Answer = () => new((DateTimeOffset?)null);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(measurements.Observe(Gauge), Is.Zero, "settled, and seen after ten seconds");
        Assert.That(_due.Asked, Is.EqualTo(2));
    }

    [Test]
    public void Age_NextLicenseIsDueLater_IsZeroUntilThen()
    {
        _due.Answer = () => new(Now.AddSeconds(3));
        using var services = Services();
        using var measurements = Measure(services);

        Assert.That(measurements.Observe(Gauge), Is.Zero);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.That(measurements.Observe(Gauge), Is.EqualTo(2));
    }

    [Test]
    public void Age_StoreFails_ShowsNothingAndNotThatAllIsWell()
    {
        _due.Answer = () => new(Now);
        using var services = Services();
        using var measurements = Measure(services);
        Assert.That(measurements.Observe(Gauge), Is.Zero);

        _due.Answer = () => throw new StoreBusyException("the test says so");
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.That(measurements.Observe(Gauge), Is.Null);
    }

    [Test]
    public void Age_StoreHangs_DoesNotHoldUpWhoCollects()
    {
        var answer = new TaskCompletionSource<DateTimeOffset?>();
        _due.Answer = () => new(answer.Task);
        using var services = Services();
        using var measurements = Measure(services);
        Assert.That(measurements.Observe(Gauge), Is.Null);

        answer.SetResult(Now.AddSeconds(-7));

        Assert.That(measurements.Observe(Gauge), Is.EqualTo(7));
    }

    [Test]
    public void Age_SchedulerIsSwitchedOff_ShowsNothing()
    {
        using var services = Services();
        using var measurements = Measure(services, enabled: false);

        Assert.That(measurements.Observe(Gauge), Is.Null);
        Assert.That(_due.Asked, Is.Zero);
    }

    [Test]
    public void Age_TheClockIsInDoubt_StandsAtZero()
    {
        _due.Answer = () => new(Now.AddDays(-50));
        using var services = Services();
        using var measurements = Measure(services, holdFor: TimeSpan.FromMinutes(10));

        Assert.That(measurements.Observe(Gauge), Is.Zero);
        _time.Advance(TimeSpan.FromMinutes(12));
        Assert.That(measurements.Observe(Gauge), Is.EqualTo(120), "no sweep could have come before");
    }

    private static ServiceProvider Services() => new ServiceCollection().AddMetrics().BuildServiceProvider();

    private Measurements Measure(IServiceProvider services, bool enabled = true, TimeSpan holdFor = default)
    {
        var meters = services.GetRequiredService<IMeterFactory>();
        _ = new OverdueMetrics(meters, _due, Options.Create(new ExpiryOptions { Enabled = enabled }), new SteadyTime(_time, holdFor, NullLogger<SteadyTime>.Instance));
        return new Measurements(meters);
    }

    private sealed class DueLicenses : IDueLicenses
    {
        public Func<ValueTask<DateTimeOffset?>> Answer { get; set; } = () => new((DateTimeOffset?)null);

        public int Asked { get; private set; }

        public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken)
        {
            Asked++;
            return Answer();
        }

        public ValueTask<DueBatch?> FindDueAsync(DateTimeOffset now, DuePosition? after, CancellationToken cancellationToken) =>
            throw new NotSupportedException("Nobody settles here.");

        public ISettledBatch Prepare(IReadOnlyList<LicenseCommit> commits) => throw new NotSupportedException("Nobody settles here.");
    }
}
