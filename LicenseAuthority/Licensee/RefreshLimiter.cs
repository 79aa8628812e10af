using LicenseAuthority.Doors;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Licensee;

/// <summary>
/// Limits how often the software of one binding asks; software gone wild on one site must not be felt by another. All codes of a license that are bound to no
/// device count together, each device by itself: many machines start at the same time in the morning. Thread-safe.
/// </summary>
internal sealed class RefreshLimiter(IOptions<LicenseeOptions> options, TimeProvider time)
{
    private readonly CallLimit _limit = new(options.Value.RefreshesPerMinute, TimeSpan.FromMinutes(1), time);

    /// <summary>False: too often; <paramref name="retryAfter"/> says when to come again.</summary>
    /// <param name="licenseId">The license.</param>
    /// <param name="device">The device; null = all that are not bound to one.</param>
    /// <param name="retryAfter">How long to wait, above zero.</param>
    public bool TryEnter(string licenseId, string? device, out TimeSpan retryAfter) =>
        _limit.TryEnter(device is null ? licenseId : $"{licenseId}\n{device}", out retryAfter);
}
