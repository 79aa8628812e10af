using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Licensee;

/// <summary>Limits how often the software of one license asks; software gone wild on one site must not be felt by another. Thread-safe.</summary>
internal sealed class RefreshLimiter : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<string> _limiter;

    public RefreshLimiter(IOptions<LicenseeOptions> options)
    {
        var limits = new FixedWindowRateLimiterOptions { PermitLimit = options.Value.RefreshesPerMinute, Window = Window, QueueLimit = 0 };
        _limiter = PartitionedRateLimiter.Create<string, string>(licenseId => RateLimitPartition.GetFixedWindowLimiter(licenseId, _ => limits));
    }

    /// <summary>False: too often; <paramref name="retryAfter"/> says when to come again.</summary>
    public bool TryEnter(string licenseId, out TimeSpan retryAfter)
    {
        using var lease = _limiter.AttemptAcquire(licenseId);
        retryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : Window;
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
