namespace LicenseAuthority.Licensing;

/// <summary>Whether an operator has decided a conflict.</summary>
internal enum ConflictStatus
{
    /// <summary>Waits for an operator.</summary>
    Open = 0,

    /// <summary>An operator had it applied.</summary>
    Applied = 1,

    /// <summary>An operator left it as it is.</summary>
    Dismissed = 2,
}
