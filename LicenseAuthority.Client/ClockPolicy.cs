namespace LicenseAuthority.Client;

/// <summary>What a <see cref="LicenseGuard"/> does where the clock of the machine shows less than the latest time that it knows has been.</summary>
public enum ClockPolicy
{
    /// <summary>
    /// The clock is the user's to set right: up to a day behind, time stands still; further behind, the outcome is <see cref="LicenseOutcome.ClockRolledBack"/> for as
    /// long as the clock is wrong.
    /// </summary>
    SystemClock = 0,

    /// <summary>
    /// For devices without a battery clock, which start in 1970 each time: while the clock is behind, time runs on from the latest one known, for as long as the
    /// device runs. What it costs: the time in which the device is switched off does not count, so a license lasts longer than was sold.
    /// </summary>
    RunFromLastKnownTime = 1,
}
