using System.Globalization;
using LicenseAuthority.Outbox;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Health;

/// <summary>Yellow when a message has waited for long: a receiver fails, or nobody sends. Issuing is not concerned.</summary>
internal sealed class OutboxHealth(IOutboxFigures outbox, IOptions<OutboxOptions> options, TimeProvider time) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var figures = await outbox.ReadAsync(cancellationToken);
        var age = figures.OldestPendingAt is { } oldest ? time.GetUtcNow() - oldest : TimeSpan.Zero;
        var description = string.Create(
            CultureInfo.InvariantCulture,
            $"{figures.Pending} messages wait, the oldest for {Math.Max(0, (long)age.TotalSeconds)} s; {figures.DeadLettered} are dead-lettered.");
        return age > options.Value.BacklogWarning ? HealthCheckResult.Degraded(description) : HealthCheckResult.Healthy(description);
    }
}
