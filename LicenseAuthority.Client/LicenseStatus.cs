namespace LicenseAuthority.Client;

/// <summary>What a status list says of a code. The numbers are those in the list.</summary>
public enum LicenseStatus
{
    /// <summary>Nothing against the code: what it says holds.</summary>
    Valid = 0,

    /// <summary>Revoked, for good.</summary>
    Invalid = 1,

    /// <summary>Suspended: not to be used until a newer list of the same URI says otherwise. The number 3, which no authority writes, reads as this too.</summary>
    Suspended = 2,
}
