namespace LicenseAuthority.Licensing;

/// <summary>What <see cref="LicenseLifecycle"/> decided on a call. Nothing has happened yet: it counts when it is stored.</summary>
/// <param name="Outcome">What became of the call.</param>
/// <param name="After">The license as it shall be stored; the given one itself if nothing changes.</param>
/// <param name="Events">What happened, in order: first what the clock had decided, then the call.</param>
/// <param name="NeedsCode">The license needs a new code; its number and time are already in <paramref name="After"/>.</param>
/// <param name="Reason">Why a call was not applied, for people; null if it was.</param>
/// <param name="GoodUntil">From this instant on the clock would have decided otherwise; null = never.</param>
internal sealed record LicenseDecision(
    CallOutcome Outcome, License After, IReadOnlyList<LicenseEvent> Events, bool NeedsCode, string? Reason, DateTimeOffset? GoodUntil);
