namespace LicenseAuthority.Marketplaces.Usage;

/// <summary>How one marketplace wants to hear of the use of its licenses. Its adapter says so, so that no rule here is about any one marketplace. Immutable.</summary>
internal sealed record UsagePolicy
{
    /// <summary>How far the marketplace's days are ahead of UTC.</summary>
    public required TimeSpan Offset { get; init; }

    /// <summary>So many licenses go into one report.</summary>
    public required int MostLicenses { get; init; }

    /// <summary>So many entries of each license go into one report. Never changes while something waits: parts that are stored rest on it.</summary>
    public required int MostEntries { get; init; }

    /// <summary>The day of the marketplace in which an instant lies.</summary>
    public DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(instant.ToOffset(Offset).DateTime);

    /// <summary>When a day of the marketplace is over.</summary>
    public DateTimeOffset EndOf(DateOnly day) => new(day.AddDays(1), TimeOnly.MinValue, Offset);
}
