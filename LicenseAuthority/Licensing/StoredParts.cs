namespace LicenseAuthority.Licensing;

/// <summary>What of a stored license may be damaged by itself: who reads its row has not read its codes.</summary>
[Flags]
internal enum StoredParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its row.</summary>
    Row = 1,

    /// <summary>One of its codes, or more.</summary>
    Codes = 2,
}
