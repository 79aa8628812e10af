namespace LicenseAuthority.Licensee;

/// <summary>The configuration section <c>Licensee</c>.</summary>
internal sealed class LicenseeOptions
{
    public const string SectionName = "Licensee";

    /// <summary>How often a minute the software of one license may ask for its newest code, 1 to 10,000. Default: 60.</summary>
    public int RefreshesPerMinute { get; set; } = 60;
}
