namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>What one marketplace puts up with. Its adapter says so, so that no rule here is about any one marketplace. Immutable.</summary>
internal sealed record WatchPolicy
{
    /// <summary>More failed orders than this of one product in a month, and the product is delisted.</summary>
    public required int MostFailed { get; init; }

    /// <summary>An answer that is ready later than this after the first byte of its call does not arrive: the marketplace has given up.</summary>
    public required TimeSpan LatestAnswer { get; init; }

    /// <summary>An answer that takes longer than this is slow.</summary>
    public required TimeSpan SlowAnswer { get; init; }

    /// <summary>How far the marketplace's months and days are ahead of UTC.</summary>
    public required TimeSpan Offset { get; init; }

    /// <summary>What a call for an order is answered while it is pending.</summary>
    public required string PendingResultCode { get; init; }
}
