namespace LicenseAuthority.Client.Status;

/// <summary>Whether a status list counts for a code, and if not, why.</summary>
internal enum StatusStanding
{
    /// <summary>The code names no list.</summary>
    NotNamed,

    /// <summary>The host gave no list.</summary>
    NoList,

    /// <summary>The list is another one than the code names.</summary>
    OtherUri,

    /// <summary>No embedded root key vouches for the key that signed the list.</summary>
    OtherAuthority,

    /// <summary>The key that signed the list was revoked since.</summary>
    RevokedKey,

    /// <summary>The list has no entry for the code.</summary>
    NoEntry,

    /// <summary>The list counts.</summary>
    Counts,
}
