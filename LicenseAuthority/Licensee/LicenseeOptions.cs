namespace LicenseAuthority.Licensee;

/// <summary>The configuration section <c>Licensee</c>.</summary>
internal sealed class LicenseeOptions
{
    public const string SectionName = "Licensee";

    /// <summary>
    /// How often a minute the software of one binding may show its code, 1 to 10,000: all codes of a license that are bound to no device together, each device by
    /// itself. Default: 60.
    /// </summary>
    public int RefreshesPerMinute { get; set; } = 60;

    /// <summary>How often a minute one address may show codes that were not issued here, 1 to 10,000. Default: 30.</summary>
    public int UnknownCodesPerMinute { get; set; } = 30;

    /// <summary>How often an hour one address may have the marketplace asked for codes that it does not know, 1 to 10,000. Default: 30.</summary>
    public int UnknownMarketplaceCodesPerHour { get; set; } = 30;

    /// <summary>
    /// For so long a device must not have been seen until who has the license's code, bound to no device, may give up its place: 1 day to 366 days. Default:
    /// 30 days.
    /// </summary>
    public TimeSpan LostDeviceAfter { get; set; } = TimeSpan.FromDays(30);
}
