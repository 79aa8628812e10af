using System.Globalization;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

/// <summary>Yellow while customers hold codes that a revoked key has signed, which their software refuses.</summary>
internal sealed class ReissueHealth(IReissueStore store, LiveKeys keys) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var minimum = keys.MinimumSerial;
        if (minimum <= 1)
        {
            return HealthCheckResult.Healthy("No key was revoked.");
        }

        return await store.FindProgressAsync(cancellationToken) switch
        {
            { Remaining: { } remaining } progress when progress.MinimumSerial >= minimum => remaining == 0
                ? HealthCheckResult.Healthy("Every license code that counts is signed by a key that counts.")
                : HealthCheckResult.Degraded(string.Create(
                    CultureInfo.InvariantCulture, $"{remaining} license codes are signed by a revoked key and have still to be made anew.")),
            _ => HealthCheckResult.Degraded("A key was revoked, and the license codes that it signed are being counted."),
        };
    }
}
