using LicenseAuthority.Clock;
using LicenseAuthority.Expiry;
using LicenseAuthority.Health;
using LicenseAuthority.Licensing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Health;

/// <summary>A sweep that fails must be seen, though every answer is right without it.</summary>
public sealed class OverdueHealthTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [TestCase(-60, HealthStatus.Healthy, TestName = "Check_NothingIsDueYet_Healthy")]
    [TestCase(600, HealthStatus.Healthy, TestName = "Check_OverdueByTenIntervals_Healthy")]
    [TestCase(601, HealthStatus.Degraded, TestName = "Check_OverdueByMore_Degraded")]
    public async Task Check(int overdueSeconds, HealthStatus expected)
    {
        var options = Options.Create(new ExpiryOptions { Interval = TimeSpan.FromMinutes(1) });
        var health = new OverdueHealth(new OneDueLicense(Now.AddSeconds(-overdueSeconds)), options, SteadyAt(Now));

        var result = await health.CheckHealthAsync(new HealthCheckContext());

        Assert.That(result.Status, Is.EqualTo(expected));
    }

    [Test]
    public async Task Check_TheClockIsInDoubt_KeepsStillAndCountsFromItsEnd()
    {
        var time = new FakeTimeProvider(Now);
        var steady = new SteadyTime(time, TimeSpan.FromMinutes(10), NullLogger<SteadyTime>.Instance);
        var health = new OverdueHealth(new OneDueLicense(Now.AddYears(-1)), Options.Create(new ExpiryOptions { Interval = TimeSpan.FromMinutes(1) }), steady);
        var statuses = new List<HealthStatus>();
        foreach (var minutes in new[] { 0, 9, 1, 10, 1 })
        {
            time.Advance(TimeSpan.FromMinutes(minutes));
            statuses.Add((await health.CheckHealthAsync(new HealthCheckContext())).Status);
        }

        Assert.That(statuses, Is.EqualTo([HealthStatus.Healthy, HealthStatus.Healthy, HealthStatus.Healthy, HealthStatus.Healthy, HealthStatus.Degraded]));
    }

    private static SteadyTime SteadyAt(DateTimeOffset now) => new(new FakeTimeProvider(now), TimeSpan.Zero, NullLogger<SteadyTime>.Instance);

    private sealed class OneDueLicense(DateTimeOffset dueAt) : IDueLicenses
    {
        public ValueTask<DueBatch?> FindDueAsync(DateTimeOffset now, DuePosition? after, CancellationToken cancellationToken) =>
            throw new NotSupportedException("A health check settles nothing.");

        public ISettledBatch Prepare(IReadOnlyList<LicenseCommit> commits) => throw new NotSupportedException("A health check settles nothing.");

        public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken) => ValueTask.FromResult<DateTimeOffset?>(dueAt);
    }
}
