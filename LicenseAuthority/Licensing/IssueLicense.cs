namespace LicenseAuthority.Licensing;

/// <summary>Asks for the license of an order.</summary>
/// <param name="Order">The order; the same key again gives the same license.</param>
/// <param name="MarketplaceCustomerId">The marketplace's id of the customer.</param>
/// <param name="CustomerName">The customer's name, or null.</param>
/// <param name="Quantity">Quantity bought, 1 to 9,999,999.</param>
/// <param name="ExpiresAt">End of the term in whole seconds, also in the past; null = the product's default period, or perpetual.</param>
/// <param name="Source">Who asks.</param>
internal sealed record IssueLicense(
    OrderKey Order, string MarketplaceCustomerId, string? CustomerName, int Quantity, DateTimeOffset? ExpiresAt, CallSource Source);
