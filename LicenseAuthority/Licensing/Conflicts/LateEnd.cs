namespace LicenseAuthority.Licensing.Conflicts;

/// <summary>
/// The call that says that a license's term is over, kept as a conflict since it came too early for the term, as an operator has it or has decided it.
/// </summary>
/// <param name="Status">Whether it was decided.</param>
/// <param name="ExpiresAtThen">The license's expiry when it was decided; null while it is open.</param>
internal sealed record LateEnd(ConflictStatus Status, DateTimeOffset? ExpiresAtThen)
{
    /// <summary>Whether the same call once more says nothing new: it is before the operator, or was dismissed with the expiry that the license has.</summary>
    public bool IsKnown(DateTimeOffset? expiresAt) => Status switch
    {
        ConflictStatus.Open => true,
        ConflictStatus.Dismissed => ExpiresAtThen is not null && ExpiresAtThen == expiresAt,
        _ => false,
    };
}
