namespace LicenseAuthority.Licensing.Products;

/// <summary>What a product's software may tell of its use, and what is reported of it.</summary>
internal enum ProductUsage
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>How many clients are active: a number, which tells of nobody.</summary>
    Count,

    /// <summary>Who uses it: ids, which are personal data.</summary>
    Ids,
}
