using LicenseAuthority.StatusLists;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>
/// Yellow when status lists are not published in time: revocations do not reach licensed software. Red when no code can be made, since its place cannot be kept.
/// </summary>
internal sealed class StatusListsHealth(StatusListPublisher publisher, PublishedBlocks blocks) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        (blocks.IsHeldUp, publisher.FailingFor) switch
        {
            (true, _) => HealthCheckResult.Unhealthy(
                "No license code can be made: the mark or a status list cannot be written (StatusLists:Directory). The log says why; it is tried again each second."),
            (_, var failingFor) when failingFor >= StatusListPublisher.Patience => HealthCheckResult.Degraded(
                FormattableString.Invariant($"Status lists have not been published for {(long)failingFor.TotalSeconds} s; the log says why.")),
            _ => HealthCheckResult.Healthy("Status lists are published."),
        });
}
