namespace LicenseAuthority.Licensing;

/// <summary>An order behind a license.</summary>
/// <param name="OrderId">The marketplace's order id.</param>
/// <param name="OrderLineId">Its line id; empty where there is none.</param>
/// <param name="MarketplaceProductId">The marketplace's product id, or null when a later order did not name it.</param>
/// <param name="Scene">What the order was for: <see cref="LicenseWords.PurchaseScene"/> or the word of a <see cref="RenewalScene"/>.</param>
/// <param name="ReceivedAt">When it came.</param>
internal sealed record LicenseOrder(string OrderId, string OrderLineId, string? MarketplaceProductId, string Scene, DateTimeOffset ReceivedAt);
