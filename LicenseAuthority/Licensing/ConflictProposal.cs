namespace LicenseAuthority.Licensing;

/// <summary>What the call asked for, so that an operator can still have it.</summary>
/// <param name="Expire">It said that the term is over.</param>
/// <param name="ExpiresAt">The expiry that it asked for, or null.</param>
/// <param name="Quantity">The quantity that it asked for, or null.</param>
internal sealed record ConflictProposal(bool Expire, DateTimeOffset? ExpiresAt, int? Quantity);
