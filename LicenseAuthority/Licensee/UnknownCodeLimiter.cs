using System.Net;
using LicenseAuthority.Doors;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Licensee;

/// <summary>
/// Limits how often an address shows codes that were not issued here: who guesses is slowed down, and who has a code is not, behind whichever address it is.
/// Thread-safe.
/// </summary>
internal sealed class UnknownCodeLimiter(IOptions<LicenseeOptions> options, TimeProvider time)
{
    private readonly CallLimit _limit = new(options.Value.UnknownCodesPerMinute, TimeSpan.FromMinutes(1), time);

    /// <summary>False: too often; <paramref name="retryAfter"/> says when to come again.</summary>
    /// <param name="address">The caller's; null (no network, such as a socket file) counts as one.</param>
    /// <param name="retryAfter">How long to wait, above zero.</param>
    public bool TryEnter(IPAddress? address, out TimeSpan retryAfter) => _limit.TryEnter(CallerAddress.KeyOfAny(address), out retryAfter);

    /// <summary>Whether a next one would be too often, without counting any; the rest as for <see cref="TryEnter"/>.</summary>
    public bool IsReached(IPAddress? address, out TimeSpan retryAfter) => _limit.IsReached(CallerAddress.KeyOfAny(address), out retryAfter);
}
