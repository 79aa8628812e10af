namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>How a marketplace makes one kind of call, and what it does when such a call fails. Its adapter says so. Immutable.</summary>
/// <param name="Activity">The call, in the marketplace's word.</param>
internal sealed record CallHabit(string Activity)
{
    /// <summary>It asks for what was bought: one that fails counts against the product.</summary>
    public bool PlacesOrder { get; init; }

    /// <summary>For so long after its first failure the marketplace repeats it by itself. Zero: it is made once.</summary>
    public TimeSpan Repeats { get; init; }

    /// <summary>Whether an operator can have it made again after that, at the marketplace. False: the customer was paid back by then.</summary>
    public bool CanBeRestarted { get; init; } = true;

    /// <summary>That it is being worked on ends it. False: it has to come again until it succeeds.</summary>
    public bool MayEndInProgress { get; init; }
}
