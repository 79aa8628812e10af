using LicenseAuthority.StatusLists;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>Yellow when status lists are not published in time: revocations do not reach licensed software. Issuing goes on while the list in use is published.</summary>
internal sealed class StatusListsHealth(StatusListPublisher publisher) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        publisher.FailingFor < StatusListPublisher.Patience
            ? HealthCheckResult.Healthy("Status lists are published.")
            : HealthCheckResult.Degraded(FormattableString.Invariant(
                $"Status lists have not been published for {(long)publisher.FailingFor.TotalSeconds} s; the log says why.")));
}
