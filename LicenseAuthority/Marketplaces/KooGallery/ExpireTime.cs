using System.Globalization;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>
/// The marketplace's <c>expireTime</c>: UTC (uncertain for V1, hence the setting <c>Marketplace:ExpireTimeOffset</c>), 14 digits as documented or 17 as
/// in the official examples. The one place that reads it.
/// </summary>
internal static class ExpireTime
{
    private static readonly string[] Formats = ["yyyyMMddHHmmss", "yyyyMMddHHmmssfff"];

    /// <summary>
    /// Reads it, cut to whole seconds. <paramref name="offset"/> is how far the text is ahead of UTC. A time before 1970 becomes the first second of 1970,
    /// which is just as past. False for anything else.
    /// </summary>
    public static bool TryParse(string text, TimeSpan offset, out DateTimeOffset expiresAt)
    {
        expiresAt = default;
        if (!DateTime.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return false;
        }

        // An offset must not carry an instant beyond the year 9999; and before 1970 all is equally past: a code cannot say it, and an order that was paid
        // for must not fail for it.
        var ticks = Math.Clamp(local.Ticks - offset.Ticks, DateTime.UnixEpoch.Ticks, DateTime.MaxValue.Ticks);
        expiresAt = LicenseTime.CutToSecond(new DateTimeOffset(ticks, TimeSpan.Zero));
        return true;
    }
}
