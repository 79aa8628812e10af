using LicenseAuthority.Expiry;
using LicenseAuthority.Health;
using LicenseAuthority.Licensing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
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
        var health = new OverdueHealth(new OneDueLicense(Now.AddSeconds(-overdueSeconds)), options, new FakeTimeProvider(Now));

        var result = await health.CheckHealthAsync(new HealthCheckContext());

        Assert.That(result.Status, Is.EqualTo(expected));
    }

    private sealed class OneDueLicense(DateTimeOffset dueAt) : IDueLicenses
    {
        public ValueTask<DueBatch?> FindDueAsync(DateTimeOffset now, DuePosition? after, CancellationToken cancellationToken) =>
            throw new NotSupportedException("A health check settles nothing.");

        public ISettledBatch Prepare(IReadOnlyList<LicenseCommit> commits) => throw new NotSupportedException("A health check settles nothing.");

        public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken) => ValueTask.FromResult<DateTimeOffset?>(dueAt);
    }
}
