namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>What a generation made of a request: a call whose caller is known, or the answer that turns it away.</summary>
/// <param name="Call">The call; null = turned away.</param>
/// <param name="Refusal">The answer, to be signed with the account's first key; null = there is a call.</param>
internal readonly record struct ReadCall(MarketplaceCall? Call, MarketplaceAnswer? Refusal)
{
    /// <summary>Of one whose caller is not known: what it says, where it has the form of the marketplace's calls; null = it has not, or was not read.</summary>
    public ICallParameters? Said { get; init; }

    /// <summary>The caller is known.</summary>
    public static implicit operator ReadCall(MarketplaceCall call) => new(call, null);

    /// <summary>The caller is not known, or the request cannot even be looked at.</summary>
    public static implicit operator ReadCall(MarketplaceAnswer refusal) => new(null, refusal);
}
