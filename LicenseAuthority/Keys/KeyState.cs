namespace LicenseAuthority.Keys;

/// <summary>What a certificate is good for now.</summary>
internal enum KeyState
{
    /// <summary>Its key signs.</summary>
    InUse,

    /// <summary>Made in advance: its key signs from the beginning of its window on.</summary>
    Next,

    /// <summary>Its key signs no more, or never did and never will; what it signed keeps verifying.</summary>
    Retired,

    /// <summary>Below the minimum serial: licensed software refuses what its key signed.</summary>
    Revoked,
}
