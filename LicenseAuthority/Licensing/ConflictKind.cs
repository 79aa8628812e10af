namespace LicenseAuthority.Licensing;

/// <summary>Why an operator has to decide.</summary>
internal enum ConflictKind
{
    /// <summary>Answered with success, not applied: it would have taken away what was paid for.</summary>
    Conflict = 0,

    /// <summary>Paid for, and refused: the license is over for good.</summary>
    Unserved = 1,
}
