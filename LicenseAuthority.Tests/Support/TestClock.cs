namespace LicenseAuthority.Tests.Support;

/// <summary>
/// Where the clock of an application stands at its start. A real clock never stands on a whole second, and databases keep milliseconds: what compares an
/// instant with its stored self is right on a round clock only. So some suites run on an odd one too (<see cref="OnDatabasesAttribute.AlsoOnOddTicks"/>).
/// </summary>
internal static class TestClock
{
    /// <summary>The property of a fixture that runs on an odd clock.</summary>
    public const string PropertyName = "OddTicks";

    /// <summary>A whole second.</summary>
    public static readonly DateTimeOffset Round = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Neither a whole second nor a whole millisecond, nor a whole microsecond, in which PostgreSQL counts.</summary>
    public static readonly DateTimeOffset Odd = Round.AddTicks(1_234_567);

    /// <summary>The one that the running test is to use.</summary>
    public static DateTimeOffset Start => FixtureProperty.Find(PropertyName) is true ? Odd : Round;
}
