using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>A call whose caller is known.</summary>
/// <param name="Account">Whose path it came on.</param>
/// <param name="Key">What it was signed with, one of the account's; the answer is signed with it too.</param>
/// <param name="Parameters">What it says.</param>
internal sealed record MarketplaceCall(SellerAccount Account, AccessKey Key, ICallParameters Parameters)
{
    /// <summary>Why it cannot be served whatever it asks, naming the parameter; null = nothing is wrong so far.</summary>
    public string? Problem { get; init; }

    /// <summary>
    /// What makes it count once, where the generation has that: a handler stores it with the effect of the call (<see cref="LicenseCommand.Nonce"/>), and the answer
    /// with it. A call without effect needs nothing. Null in V1.
    /// </summary>
    public CallNonce? Nonce { get; init; }

    /// <summary>What it asks, as the caller says it; empty when it does not.</summary>
    public string Activity => Parameters.Find("activity") ?? "";

    /// <summary>Whether it says that it is a debug case.</summary>
    public bool SaysTest => Parameters.Find("testFlag") == "1";
}
