using System.Net;
using LicenseAuthority.Doors;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Licensee;

/// <summary>
/// Limits how often an address has the marketplace asked for codes that it does not know. Only those count: of many people behind one address, who all have their
/// codes, none is locked out by another's typing. Thread-safe.
/// </summary>
internal sealed class UnknownMarketplaceCodeLimiter(IOptions<LicenseeOptions> options, TimeProvider time)
{
    private readonly CallLimit _limit = new(options.Value.UnknownMarketplaceCodesPerHour, TimeSpan.FromHours(1), time);

    /// <summary>Counts one that the marketplace did not know. False: it was one too many.</summary>
    /// <param name="address">The caller's; null (no network, such as a socket file) counts as one.</param>
    /// <param name="retryAfter">How long to wait, above zero.</param>
    public bool TryEnter(IPAddress? address, out TimeSpan retryAfter) => _limit.TryEnter(CallerAddress.KeyOfAny(address), out retryAfter);

    /// <summary>Whether a next one would be too often, without counting any; the rest as for <see cref="TryEnter"/>.</summary>
    public bool IsReached(IPAddress? address, out TimeSpan retryAfter) => _limit.IsReached(CallerAddress.KeyOfAny(address), out retryAfter);
}
