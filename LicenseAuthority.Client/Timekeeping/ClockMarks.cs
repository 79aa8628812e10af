namespace LicenseAuthority.Client.Timekeeping;

/// <summary>What is kept of the time, over runs and processes. Immutable.</summary>
internal sealed class ClockMarks
{
    /// <summary>Nothing is known.</summary>
    public static ClockMarks None { get; } = new();

    /// <summary>The latest time that an issuing key signed; null: none.</summary>
    public DateTimeOffset? Signed { get; init; }

    /// <summary>The serial of that key: if it is revoked, the time falls with it.</summary>
    public uint SignedSerial { get; init; }

    /// <summary>The own mark: the latest time that the clock showed and that is believed; null: none.</summary>
    public DateTimeOffset? Seen { get; init; }

    /// <summary>The first reading after a jump ahead that is not believed yet; null: there is none.</summary>
    public DateTimeOffset? Doubted { get; init; }

    /// <summary>The last reading of all, believed or not; null: none.</summary>
    public DateTimeOffset? LastReading { get; init; }

    /// <summary>The latest time that is known to have been; the least instant there is where none is.</summary>
    public DateTimeOffset Floor => Signed > Seen || Seen is null ? Signed ?? DateTimeOffset.MinValue : Seen.Value;

    /// <summary>Without the marks that a key with a serial below the minimum set: those that followed from them as well.</summary>
    public ClockMarks Without(uint minimumSerial) =>
        Signed is null || SignedSerial >= minimumSerial ? this : new ClockMarks { LastReading = LastReading };

    /// <summary>
    /// Of two processes' marks the newer ones: a later signed time has set back whatever was seen before it, so the own mark goes with the signed one.
    /// </summary>
    public static ClockMarks Merge(ClockMarks one, ClockMarks other)
    {
        if (one.Signed != other.Signed)
        {
            return other.Signed is null || one.Signed > other.Signed ? one : other;
        }

        var later = other.LastReading > one.LastReading || one.LastReading is null ? other : one;
        return new ClockMarks
        {
            Signed = one.Signed,
            SignedSerial = Math.Max(one.SignedSerial, other.SignedSerial),
            Seen = one.Seen > other.Seen || other.Seen is null ? one.Seen : other.Seen,
            Doubted = later.Doubted,
            LastReading = later.LastReading,
        };
    }
}
