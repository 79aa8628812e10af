namespace LicenseAuthority.Client.Format;

/// <summary>What an issuing key may sign: the usage byte of a <see cref="KeyCertificate"/>.</summary>
[Flags]
internal enum KeyUsages : byte
{
    /// <summary>Nothing; never in a certificate.</summary>
    None = 0,

    /// <summary>License codes.</summary>
    LicenseCodes = 1,

    /// <summary>Status lists.</summary>
    StatusLists = 2,
}
