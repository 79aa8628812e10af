namespace LicenseAuthority;

/// <summary>
/// Says whether the time has been in no doubt for long enough to do what cannot be taken back: to end, to delete, to use up what was meant for later. It has
/// not in the first <c>Clock:HoldFor</c> after a start or a jump ahead. Thread-safe, and never waits.
/// </summary>
internal interface ISettledClock
{
    bool IsSettled { get; }
}
