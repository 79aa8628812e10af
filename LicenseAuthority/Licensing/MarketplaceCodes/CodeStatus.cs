namespace LicenseAuthority.Licensing.MarketplaceCodes;

/// <summary>How a marketplace says that one of its codes stands.</summary>
internal enum CodeStatus
{
    /// <summary>In force.</summary>
    Alive = 0,

    /// <summary>Its term is over.</summary>
    Expired = 1,

    /// <summary>It is over for good.</summary>
    Released = 2,
}
