using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Client.Hosting;

/// <summary>
/// Unhealthy unless the license is Valid, Degraded while there is a notice. Costs a read of the guard, and asks no network. Its data are the outcome and, by the kind of
/// each notice, since when.
/// </summary>
internal sealed class LicenseHealthCheck(LicenseGuard guard) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var check = guard.Current;
        var notices = guard.Notices;
        var data = notices.ToDictionary(
            static notice => notice.Kind.ToString(), static notice => (object)notice.Since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        data["Outcome"] = check.Outcome.ToString();

        var result = !check.IsValid
            ? new HealthCheckResult(
                context.Registration.FailureStatus, check.GetEvidence(LicenseLanguage.English) + " " + check.GetAdvice(LicenseLanguage.English), data: data)
            : notices.Count > 0
                ? HealthCheckResult.Degraded(string.Join(' ', notices.Select(static notice => notice.GetText(LicenseLanguage.English))), data: data)
                : HealthCheckResult.Healthy(check.GetEvidence(LicenseLanguage.English), data);
        return Task.FromResult(result);
    }
}
