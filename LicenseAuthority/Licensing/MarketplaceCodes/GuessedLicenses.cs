namespace LicenseAuthority.Licensing.MarketplaceCodes;

/// <summary>
/// Licenses that were issued for a guess, since the marketplace said once what was bought and that was lost: they count as drift until an operator has looked.
/// Thread-safe.
/// </summary>
internal sealed class GuessedLicenses(IMarketplaceCodeStore codes, LicenseService licenses, TimeProvider time)
{
    /// <summary>An operator has compared one with what was bought, and leaves it as it is. The reason becomes an event of the license.</summary>
    /// <param name="licenseId">The license.</param>
    /// <param name="source">The operator's call.</param>
    /// <param name="reason">Why.</param>
    /// <exception cref="StoreBusyException">Perhaps nothing was done; asked again, it is.</exception>
    public async Task<(GuessDismissal Outcome, CodeDrift? Drift)> DismissAsync(string licenseId, CallSource source, string reason)
    {
        if (await codes.FindDriftAsync(licenseId, CancellationToken.None) is not { } drift)
        {
            return (GuessDismissal.NoDrift, null);
        }

        if (!drift.IsGuessed)
        {
            return (GuessDismissal.NoGuess, drift);
        }

        // First: none is dismissed of which the license's events do not say so.
        await licenses.ExecuteAsync(new LicenseTarget(licenseId), new LicenseCommand.DismissConflict(source, $"drift dismissed: {reason}"), CancellationToken.None);
        await codes.DismissGuessAsync(licenseId, CodeReconciliation.Differs(drift.License, drift.Theirs, time.GetUtcNow()), CancellationToken.None);
        return (GuessDismissal.Dismissed, drift with { IsGuessed = false });
    }
}

/// <summary>What became of a dismissal.</summary>
internal enum GuessDismissal
{
    /// <summary>It is no guess any more. Where the marketplace says something else of its code, it goes on to differ.</summary>
    Dismissed = 0,

    /// <summary>The license does not differ, or there is none.</summary>
    NoDrift = 1,

    /// <summary>It differs for another reason than a guess, which no operator can talk away.</summary>
    NoGuess = 2,
}
