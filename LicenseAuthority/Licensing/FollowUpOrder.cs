namespace LicenseAuthority.Licensing;

/// <summary>An order that came after the purchase: a renewal, its refund, or trial to formal. Kept so that operators find the license by it.</summary>
internal sealed record FollowUpOrder(
    string OrderId, string OrderLineId, string? MarketplaceProductId, RenewalScene Scene, DateTimeOffset ExpiresAt, DateTimeOffset ReceivedAt);
