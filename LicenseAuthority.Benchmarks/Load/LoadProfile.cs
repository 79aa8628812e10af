namespace LicenseAuthority.Benchmarks.Load;

/// <summary>What is asked of the service.</summary>
internal enum LoadProfile
{
    /// <summary>Every request is a new order.</summary>
    Orders = 0,

    /// <summary>New orders, orders sent again, renewals and look-ups.</summary>
    Mixed = 1,

    /// <summary>The calls of License V2, with renewals by V1 beside them.</summary>
    V2 = 2,
}
