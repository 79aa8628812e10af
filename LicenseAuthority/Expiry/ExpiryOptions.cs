namespace LicenseAuthority.Expiry;

/// <summary>The configuration section <c>Expiry</c>.</summary>
internal sealed class ExpiryOptions
{
    public const string SectionName = "Expiry";

    /// <summary>
    /// Whether the scheduler runs. Default: yes. Without it every answer is the same; only the events of what the clock decided are recorded late.
    /// </summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How often due licenses are looked for, 1 second to 1 hour. Default: every minute.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(1);
}
