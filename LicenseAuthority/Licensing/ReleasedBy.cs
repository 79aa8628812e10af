namespace LicenseAuthority.Licensing;

/// <summary>Who released a license: it decides whether a paid renewal restores it.</summary>
internal enum ReleasedBy
{
    /// <summary>The grace ended. A paid renewal restores the license: money wins over a timer.</summary>
    Clock = 0,

    /// <summary>The marketplace said so (refund, or the end of its retention). Final.</summary>
    Marketplace = 1,

    /// <summary>An operator said so. Final.</summary>
    Admin = 2,
}
