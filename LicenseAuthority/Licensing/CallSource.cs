namespace LicenseAuthority.Licensing;

/// <summary>Where a call came from, kept with every event. Never holds a token, a signature or a key.</summary>
/// <param name="Actor">Who: <c>marketplace</c>, <c>admin:&lt;key id&gt;</c> or <c>clock</c>.</param>
/// <param name="Activity">What was called, in the caller's words, such as <c>refreshLicense</c>.</param>
/// <param name="OrderId">The marketplace's order id in this call, or null.</param>
/// <param name="OrderLineId">The marketplace's order line id in this call, or null.</param>
internal sealed record CallSource(string Actor, string Activity, string? OrderId = null, string? OrderLineId = null)
{
    /// <summary>The clock, through the scheduler or through the next call that settles.</summary>
    public static readonly CallSource Clock = new("clock", "EnforceExpiry");

    /// <summary>The actor of every marketplace call.</summary>
    public const string Marketplace = "marketplace";
}
