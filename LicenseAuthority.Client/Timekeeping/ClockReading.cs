namespace LicenseAuthority.Client.Timekeeping;

/// <summary>What time it is to be judged by, and how far that is to be believed. Immutable.</summary>
internal readonly struct ClockReading
{
    private ClockReading(DateTimeOffset now, DateTimeOffset latestKnown, ClockStanding standing)
    {
        Now = now;
        LatestKnown = latestKnown;
        Standing = standing;
    }

    /// <summary>The time to judge by. Where the clock was rolled back: what it shows.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The latest time that is known to have been; the least instant there is where none is.</summary>
    public DateTimeOffset LatestKnown { get; }

    public ClockStanding Standing { get; }

    /// <summary>A clock that nothing is known against.</summary>
    public static ClockReading At(DateTimeOffset now) => new(now, DateTimeOffset.MinValue, ClockStanding.Good);

    public static ClockReading At(DateTimeOffset now, DateTimeOffset latestKnown, ClockStanding standing) => new(now, latestKnown, standing);
}

/// <summary>How the clock stands to the times that are known.</summary>
internal enum ClockStanding
{
    /// <summary>Nothing speaks against it.</summary>
    Good,

    /// <summary>Up to a day behind: time stands still at the latest known one.</summary>
    Held,

    /// <summary>Behind, and time runs on from the latest known one.</summary>
    Running,

    /// <summary>More than a day behind.</summary>
    RolledBack,

    /// <summary>Further ahead than anything known explains. Believed, but worth a look.</summary>
    FarAhead,
}
