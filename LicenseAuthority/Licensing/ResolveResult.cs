namespace LicenseAuthority.Licensing;

/// <summary>The answer to an operator's decision on a conflict.</summary>
/// <param name="Conflict">The conflict as it is now; null when there is none with this id.</param>
/// <param name="Refusal">Why nothing was done, for people; null if it was.</param>
internal sealed record ResolveResult(ConflictRecord? Conflict, string? Refusal);
