namespace LicenseAuthority.Licensing;

/// <summary>Which licenses to list; null = all.</summary>
/// <param name="Test">Test licenses or real ones, never both: they are counted apart.</param>
/// <param name="State">The state at <see cref="LicenseCursor.Now"/>, recorded or not.</param>
/// <param name="Product">Product id.</param>
/// <param name="Customer">Our customer id (<c>cus_…</c>), the marketplace's, or how the name begins.</param>
/// <param name="OrderId">A purchase or later order of the license.</param>
/// <param name="ExpiresBefore">Only terms that end before.</param>
/// <param name="ExpiresAfter">Only terms that end after; perpetual licenses have no end.</param>
internal sealed record LicenseFilter(
    bool Test, LicenseState? State, string? Product, string? Customer, string? OrderId, DateTimeOffset? ExpiresBefore, DateTimeOffset? ExpiresAfter);
