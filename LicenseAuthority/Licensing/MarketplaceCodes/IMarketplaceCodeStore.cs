namespace LicenseAuthority.Licensing.MarketplaceCodes;

/// <summary>
/// What is known of marketplace codes. That a code gets its license is stored with the license (<see cref="LicenseCommit.MarketplaceCode"/>). Every method throws
/// <see cref="StoreBusyException"/> when the store cannot answer in time.
/// </summary>
internal interface IMarketplaceCodeStore
{
    /// <summary>The license that an account's code leads to, a real one before a test; or null.</summary>
    ValueTask<string?> FindLicenseIdAsync(string account, MarketplaceCode code, CancellationToken cancellationToken);

    /// <summary>Keeps a call on a code that has no license, with its nonce, as <see cref="KeptCallRules"/> say.</summary>
    /// <param name="account">Whose code.</param>
    /// <param name="test">Debug cases are kept apart.</param>
    /// <param name="code">The code.</param>
    /// <param name="call">The call.</param>
    /// <param name="nonce">What it uses up if it is kept, with its answer; or null.</param>
    /// <param name="cancellationToken">Withdraws it before it is stored.</param>
    Task<KeepOutcome> KeepAsync(
        string account, bool test, MarketplaceCode code, KeptCall call, AnsweredNonce? nonce, CancellationToken cancellationToken);

    /// <summary>How it stands with a code here, whichever account it is of.</summary>
    ValueTask<CodeHere> FindAsync(MarketplaceCode code, CancellationToken cancellationToken);

    /// <summary>The accounts at whose marketplace the activation of a code was begun, and may be done.</summary>
    ValueTask<IReadOnlyList<string>> ListBegunAsync(MarketplaceCode code, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the activation of a code until an instant, before the marketplace is asked for it: a process that is killed has left its mark. Null = another process has
    /// it. A claim from a clock that was far ahead is none.
    /// </summary>
    Task<ClaimedActivation?> ClaimAsync(string account, MarketplaceCode code, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>The activation was certainly not done: it leaves nothing behind.</summary>
    Task ForgetAsync(string account, MarketplaceCode code, CancellationToken cancellationToken);

    /// <summary>The activation was done, and this was bought: whoever comes after a process that was killed goes on from there. The claim stays.</summary>
    Task KeepBoughtAsync(string account, MarketplaceCode code, BoughtWithCode bought, CancellationToken cancellationToken);

    /// <summary>
    /// Gives the claim back; the activation may be done, or was. With what was bought, if that is known. Where the license is issued, that ends it
    /// (<see cref="LicenseCommit.MarketplaceCode"/>).
    /// </summary>
    Task LeaveAsync(string account, MarketplaceCode code, BoughtWithCode? bought, CancellationToken cancellationToken);

    /// <summary>
    /// Writes down that a code was used; what there is to be asked of it if that was the first such use on the day, else null, as for a license without a code. One of
    /// all processes gets it.
    /// </summary>
    /// <param name="licenseId">The license.</param>
    /// <param name="use">How it was used.</param>
    /// <param name="day">The day, counted from 1970 in the marketplace's time zone.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Withdraws it.</param>
    Task<CodeToAsk?> BeginUseAsync(string licenseId, CodeUse use, long day, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Takes some codes of these accounts that are to be asked about: not asked since an instant, and used in the last day, in the last days of their term, or of those
    /// that differ. Each is taken once, by one process.
    /// </summary>
    Task<IReadOnlyList<CodeToAsk>> ClaimToAskAsync(
        int most, IReadOnlyCollection<string> accounts, DateTimeOffset now, DateTimeOffset notAskedSince, CancellationToken cancellationToken);

    /// <summary>Who said the end of the license of a code; null = it has none.</summary>
    ValueTask<EndKnownBy?> FindEndKnownByAsync(string licenseId, CancellationToken cancellationToken);

    /// <summary>Keeps what the marketplace said. True: from now on the license differs from that.</summary>
    Task<bool> KeepTheirsAsync(string licenseId, TheirCode theirs, bool differs, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Licenses that differ from what the marketplace says of their codes, the newest first, from before the one with this id on; null = from the newest.
    /// </summary>
    ValueTask<IReadOnlyList<CodeDrift>> ListDriftAsync(string? beforeId, int limit, CancellationToken cancellationToken);
}

/// <summary>How a code is used.</summary>
internal enum CodeUse
{
    /// <summary>A device got a place by it.</summary>
    Activation = 0,

    /// <summary>Licensed software asked for the newest license code.</summary>
    Refresh = 1,
}

/// <summary>A code that the marketplace is to be asked about.</summary>
/// <param name="LicenseId">Its license.</param>
/// <param name="Account">Whose code.</param>
/// <param name="Code">The code.</param>
/// <param name="EndKnownBy">Who said the end of the license.</param>
/// <param name="Before">What the marketplace said last; null = it was not asked.</param>
/// <param name="IsGuessed">What was bought is a guess, which an operator has to look at whatever the marketplace says.</param>
internal sealed record CodeToAsk(string LicenseId, string Account, MarketplaceCode Code, EndKnownBy EndKnownBy, TheirCode? Before, bool IsGuessed);

/// <summary>A license that differs from what the marketplace says of its code.</summary>
/// <param name="License">The license.</param>
/// <param name="Theirs">What the marketplace says.</param>
/// <param name="Since">Since when that is known.</param>
internal sealed record CodeDrift(License License, TheirCode Theirs, DateTimeOffset Since);
