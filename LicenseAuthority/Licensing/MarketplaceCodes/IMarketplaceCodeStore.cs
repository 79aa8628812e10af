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
}
