namespace LicenseAuthority.Tests.Support;

/// <summary>Says of the clock what a test says.</summary>
internal sealed class ClockInDoubt : ISettledClock
{
    public bool IsSettled { get; set; }
}
