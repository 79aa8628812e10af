namespace LicenseAuthority.Marketplaces.Usage;

/// <summary>What licensed software tells of its use: one of the two. A closed list.</summary>
internal abstract record UsageEntry
{
    private UsageEntry()
    {
    }

    /// <summary>How many clients are active: 0 to 999,999,999.</summary>
    internal sealed record Count(int ActiveNumber) : UsageEntry;

    /// <summary>Somebody who uses it: 1 to 256 characters, personal data. Never shown.</summary>
    internal sealed record Id(string Text) : UsageEntry
    {
        /// <summary>Says what it is.</summary>
        public override string ToString() => "an id";
    }
}

/// <summary>What became of an entry.</summary>
internal enum UsageOutcome
{
    /// <summary>It is stored, and reported after the day.</summary>
    Accepted,

    /// <summary>It is fine, and of a test license, of which nothing is reported: it is not stored.</summary>
    AcceptedTest,

    /// <summary>The product's setting does not want it.</summary>
    NotWanted,

    /// <summary>The license was not issued for a marketplace's code: there is nobody to report to.</summary>
    NoMarketplaceCode,

    /// <summary>The license is over.</summary>
    Over,

    /// <summary>The license has had so many ids on this day that no more are taken.</summary>
    TooManyIds,
}
