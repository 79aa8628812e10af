namespace LicenseAuthority.Client.Timekeeping;

/// <summary>Both clocks of the machine at one instant. Immutable.</summary>
/// <param name="wall">What the wall clock shows, right or wrong.</param>
/// <param name="running">Monotonic time since the guard was opened; may stand still while the machine sleeps.</param>
internal readonly struct ClockSample(DateTimeOffset wall, TimeSpan running)
{
    public DateTimeOffset Wall { get; } = wall;

    public TimeSpan Running { get; } = running;
}
