namespace LicenseAuthority.Licensing;

/// <summary>What makes an order the same order again, ordinal and case-sensitive. <c>businessId</c> changes on every retry and is no part of it.</summary>
/// <param name="Account">The seller's account.</param>
/// <param name="Test">Orders of the marketplace's debug cases are apart from real ones.</param>
/// <param name="OrderId">The marketplace's order id.</param>
/// <param name="OrderLineId">The marketplace's order line id; empty where there is none (V1).</param>
/// <param name="MarketplaceProductId">The marketplace's product id.</param>
internal sealed record OrderKey(string Account, bool Test, string OrderId, string OrderLineId, string MarketplaceProductId);
