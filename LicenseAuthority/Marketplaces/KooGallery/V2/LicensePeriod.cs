using System.Globalization;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// The <c>effectiveTime</c> and <c>expireTime</c> of <c>getLicenseAsync</c> (protocol section 5). UTC in every spelling: the page has <c>2023-10-27 10:30:15 z</c>,
/// other calls of the marketplace 14 or 17 digits, and RFC 3339 is what the page may mean (uncertain). The one place that reads them.
/// </summary>
internal static class LicensePeriod
{
    private static readonly string[] Spellings =
    [
        "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFFF",
        "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF",
        "yyyyMMddHHmmss", "yyyyMMddHHmmssfff",
    ];

    private static readonly string[] SpellingsWithOffset = ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd HH:mm:sszzz"];

    /// <summary>
    /// Reads one, cut to whole seconds. A time before 1970 becomes the first second of 1970, which is just as past. False for anything else.
    /// </summary>
    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        // z, or nothing, is UTC.
        var trimmed = text.Trim();
        var bare = trimmed.EndsWith('z') || trimmed.EndsWith('Z') ? trimmed[..^1].TrimEnd() : trimmed;
        if (DateTime.TryParseExact(bare, Spellings, CultureInfo.InvariantCulture, DateTimeStyles.None, out var utc))
        {
            instant = Cut(utc);
            return true;
        }

        // A blank stood for the z: "T10:30:15+08:00" has an offset of its own and no z.
        if (bare.Length == trimmed.Length
            && DateTimeOffset.TryParseExact(trimmed, SpellingsWithOffset, CultureInfo.InvariantCulture, DateTimeStyles.None, out var withOffset))
        {
            instant = Cut(withOffset.UtcDateTime);
            return true;
        }

        instant = default;
        return false;
    }

    private static DateTimeOffset Cut(DateTime utc) =>
        LicenseTime.CutToSecond(new DateTimeOffset(Math.Max(utc.Ticks, DateTime.UnixEpoch.Ticks), TimeSpan.Zero));
}
