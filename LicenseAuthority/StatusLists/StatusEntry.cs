namespace LicenseAuthority.StatusLists;

/// <summary>What a list says of a code: the number that stands in it.</summary>
internal enum StatusEntry : byte
{
    /// <summary>What the code says holds.</summary>
    Valid = 0,

    /// <summary>Revoked, for good: such an entry never changes back.</summary>
    Invalid = 1,

    /// <summary>Suspended until a later list says otherwise.</summary>
    Suspended = 2,
}
