namespace LicenseAuthority.Licensing;

/// <summary>A call that was not applied, for an operator to decide.</summary>
/// <param name="Id"><c>cft_</c> + ULID.</param>
/// <param name="LicenseId">The license.</param>
/// <param name="Kind">Answered with success, or refused though paid for.</param>
/// <param name="At">When it came.</param>
/// <param name="Source">The call.</param>
/// <param name="Reason">Why it was not applied.</param>
/// <param name="Proposal">What applying it would do.</param>
internal sealed record OpenConflict(
    string Id, string LicenseId, ConflictKind Kind, DateTimeOffset At, CallSource Source, string Reason, ConflictProposal Proposal);
