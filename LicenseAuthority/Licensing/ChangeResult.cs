namespace LicenseAuthority.Licensing;

/// <summary>What became of a <see cref="ChangeLicense"/>.</summary>
/// <param name="License">The license as it is now; null when there is none for this caller.</param>
/// <param name="Outcome">What became of the call; meaningless without a license.</param>
/// <param name="Reason">Why it was not applied, for people; null if it was, or if the answer was remembered.</param>
internal sealed record ChangeResult(License? License, CallOutcome Outcome, string? Reason)
{
    /// <summary>No such license, as far as the caller may know.</summary>
    public static readonly ChangeResult NotFound = new(null, CallOutcome.Refused, null);
}
