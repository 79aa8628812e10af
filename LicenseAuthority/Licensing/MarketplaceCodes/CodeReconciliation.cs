namespace LicenseAuthority.Licensing.MarketplaceCodes;

/// <summary>What a marketplace says of a code when it is asked.</summary>
/// <param name="Status">How it stands.</param>
/// <param name="ExpiresAt">The end of its term in whole seconds; null = not said.</param>
internal sealed record TheirCode(CodeStatus Status, DateTimeOffset? ExpiresAt);

/// <summary>
/// What follows from what a marketplace says of a code when it is asked. What it calls about is done as called; here only what no call has said. Pure.
/// </summary>
internal static class CodeReconciliation
{
    /// <summary>Ends that differ by no more are the same: marketplaces round.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromDays(1);

    /// <summary>
    /// What is asked of the license; null = nothing. That a code is over, or its term, is asked once and not again as long as the marketplace says the same; that it is
    /// in force never revives a license.
    /// </summary>
    /// <param name="license">The license as it is stored.</param>
    /// <param name="endKnownBy">Who said its end.</param>
    /// <param name="theirs">What the marketplace says now.</param>
    /// <param name="before">What it said the time before; null = it was not asked.</param>
    /// <param name="source">The question.</param>
    /// <param name="policy">How the marketplace means its calls.</param>
    /// <param name="now">The time.</param>
    public static LicenseCommand? CommandFor(
        License license, EndKnownBy endKnownBy, TheirCode theirs, TheirCode? before, CallSource source, CallPolicy policy, DateTimeOffset now)
    {
        var state = license.StateAt(now);
        return theirs.Status switch
        {
            CodeStatus.Released when before?.Status != CodeStatus.Released && state != LicenseState.Revoked && IsNotReleasedByAnybody(license) =>
                new LicenseCommand.Terminate(source, policy),
            CodeStatus.Expired when state == LicenseState.Active && theirs != before => new LicenseCommand.EndTerm(source, policy),
            CodeStatus.Alive when state == LicenseState.Active && endKnownBy != EndKnownBy.Call && theirs.ExpiresAt is { } end && end != license.ExpiresAt =>
                new LicenseCommand.CorrectEnd(source, license.ExpiresAt, end),
            _ => null,
        };
    }

    /// <summary>Whether a license differs from what the marketplace says of its code, in a way that somebody has to look at. A hold is meant so.</summary>
    public static bool Differs(License license, TheirCode theirs, DateTimeOffset now)
    {
        var state = license.StateAt(now);
        var isHeld = license is { HoldMarketplace: not null } or { HoldAdmin: not null };
        return theirs.Status switch
        {
            CodeStatus.Released => state is not (LicenseState.Released or LicenseState.Revoked),
            CodeStatus.Expired => state == LicenseState.Active || EndDiffers(license, theirs),
            _ => state is LicenseState.Released or LicenseState.Revoked || (state == LicenseState.Frozen && !isHeld) || EndDiffers(license, theirs),
        };
    }

    // What the clock alone has released, a renewal would restore.
    private static bool IsNotReleasedByAnybody(License license) => license.Release is null or { By: ReleasedBy.Clock };

    private static bool EndDiffers(License license, TheirCode theirs) =>
        theirs.ExpiresAt is { } end && !((license.ExpiresAt - end)?.Duration() <= Tolerance);
}
