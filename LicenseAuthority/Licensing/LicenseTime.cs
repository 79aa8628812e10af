namespace LicenseAuthority.Licensing;

/// <summary>
/// The arithmetic of life-cycle instants: UTC, whole seconds, and additions that stop at the end of the year 9999 instead of overflowing
/// (the marketplace may send the year 9999 for "practically never").
/// </summary>
internal static class LicenseTime
{
    /// <summary>The latest life-cycle instant, 9999-12-31T23:59:59Z.</summary>
    public static readonly DateTimeOffset Latest = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    /// <summary>The instant in UTC without its fraction of a second. Every instant is cut once, when it enters.</summary>
    public static DateTimeOffset CutToSecond(DateTimeOffset instant) =>
        new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);

    /// <summary>
    /// The instant in UTC, in whole milliseconds: what a column can hold. What the clock says is cut when it enters, so that a license that was decided and
    /// the same license read back are equal.
    /// </summary>
    public static DateTimeOffset CutToMillisecond(DateTimeOffset instant) =>
        new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);

    /// <summary><paramref name="instant"/> + <paramref name="span"/> (zero or positive), at most <see cref="Latest"/>.</summary>
    public static DateTimeOffset Add(DateTimeOffset instant, TimeSpan span) =>
        span >= Latest - instant ? Latest : instant + span;

    /// <summary>The later of two instants.</summary>
    public static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a >= b ? a : b;
}
