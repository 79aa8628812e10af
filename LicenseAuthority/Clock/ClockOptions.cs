namespace LicenseAuthority.Clock;

/// <summary>The configuration section <c>Clock</c>.</summary>
internal sealed class ClockOptions
{
    public const string SectionName = "Clock";

    /// <summary>
    /// How long a time must hold before it is good: after a start, and after a jump ahead, which is not believed before. 0 to 24 hours; 0 = every time
    /// of this machine is believed at once. Default: 10 minutes.
    /// </summary>
    public TimeSpan HoldFor { get; set; } = TimeSpan.FromMinutes(10);
}
