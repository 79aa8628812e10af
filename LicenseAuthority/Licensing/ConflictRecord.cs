namespace LicenseAuthority.Licensing;

/// <summary>A stored conflict.</summary>
/// <param name="Conflict">What it is about.</param>
/// <param name="Status">Whether it was decided.</param>
/// <param name="ResolvedBy">Who decided; null while it is open.</param>
/// <param name="ResolvedAt">When; null while it is open.</param>
internal sealed record ConflictRecord(OpenConflict Conflict, ConflictStatus Status, string? ResolvedBy, DateTimeOffset? ResolvedAt);
