using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Licensing;

/// <summary>What makes an order the same order again, ordinal and case-sensitive.</summary>
/// <param name="Account">The seller's account.</param>
/// <param name="Test">Orders of the marketplace's debug cases are apart from real ones.</param>
/// <param name="OrderId">The marketplace's order id.</param>
/// <param name="OrderLineId">
/// The marketplace's order line id; empty where there is none; of an order with marketplace codes what stands for the code (<see cref="MarketplaceCode.OrderLine"/>).
/// </param>
/// <param name="MarketplaceProductId">The marketplace's product id.</param>
internal sealed record OrderKey(string Account, bool Test, string OrderId, string OrderLineId, string MarketplaceProductId);

/// <summary>Asks for the license of an order.</summary>
/// <param name="Order">The order; the same key again gives the same license.</param>
/// <param name="MarketplaceCustomerId">The marketplace's id of the customer.</param>
/// <param name="CustomerName">The customer's name, or null.</param>
/// <param name="Quantity">Quantity bought, 1 to 9,999,999.</param>
/// <param name="ExpiresAt">End of the term in whole seconds, also in the past; null = the product's default period, or perpetual.</param>
/// <param name="Source">Who asks.</param>
/// <param name="Policy">How the marketplace means its calls.</param>
internal sealed record IssueLicense(
    OrderKey Order, string MarketplaceCustomerId, string? CustomerName, int Quantity, DateTimeOffset? ExpiresAt, CallSource Source, CallPolicy Policy)
{
    /// <summary>What the event of the issue says besides, such as that a text was cut; null = nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>Why an operator has the order served; null = no operator has, or gave no reason. Kept with what was open of the order as unserved.</summary>
    public string? OperatorsReason { get; init; }

    /// <summary>The id that the license shall have, allotted to the order before, which is pending (else the outcome is not found); null = a new one.</summary>
    public string? LicenseId { get; init; }

    /// <summary>The order is a trial.</summary>
    public bool Trial { get; init; }

    /// <summary>The marketplace code that the license is issued for, or null. It leads to the license from then on.</summary>
    public CodeOfLicense? MarketplaceCode { get; init; }

    /// <summary>
    /// What an effect of the call uses up, or null. Stored with it, and with what is answered; a known order that is only answered again stores nothing.
    /// </summary>
    public UsedNonce? Nonce { get; init; }
}

/// <summary>An order for a license, as it was when it was first served.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Quantity">The quantity that it asked for.</param>
/// <param name="ExpiresAt">The expiry that it asked for, or null when it asked for none.</param>
/// <param name="ReceivedAt">When it came.</param>
internal sealed record PlacedOrder(OrderKey Key, int Quantity, DateTimeOffset? ExpiresAt, DateTimeOffset ReceivedAt)
{
    /// <summary>As operators see it.</summary>
    public LicenseOrder AsShown() => new(Key.OrderId, Key.OrderLineId, Key.MarketplaceProductId, Scene: null, ReceivedAt);
}

/// <summary>An order that came after the purchase: a renewal, its refund, or trial to formal. Kept so that operators find the license by it.</summary>
/// <param name="OrderId">The marketplace's order id.</param>
/// <param name="OrderLineId">Its line id; empty where there is none.</param>
/// <param name="MarketplaceProductId">The marketplace's product id, or null when it did not name one.</param>
/// <param name="Scene">What it was for, in the marketplace's word.</param>
/// <param name="ExpiresAt">The expiry that it asked for.</param>
/// <param name="ReceivedAt">When it came.</param>
internal sealed record FollowUpOrder(
    string OrderId, string OrderLineId, string? MarketplaceProductId, string Scene, DateTimeOffset ExpiresAt, DateTimeOffset ReceivedAt)
{
    /// <summary>As operators see it.</summary>
    public LicenseOrder AsShown() => new(OrderId, OrderLineId, MarketplaceProductId, Scene, ReceivedAt);
}

/// <summary>An order that was served before, with its license as it is now.</summary>
/// <param name="Order">The order as it was first served.</param>
/// <param name="License">Its license.</param>
/// <param name="CodeText">The license's newest code, exactly as it was stored.</param>
internal sealed record ServedOrder(PlacedOrder Order, License License, string CodeText)
{
    /// <summary>Shows the license, not the code.</summary>
    public override string ToString() => $"order {Order.Key.OrderId} served as {License.Id}";
}

/// <summary>An order behind a license.</summary>
/// <param name="OrderId">The marketplace's order id.</param>
/// <param name="OrderLineId">Its line id; empty where there is none.</param>
/// <param name="MarketplaceProductId">The marketplace's product id, or null when a later order did not name it.</param>
/// <param name="Scene">What a later order was for, in the marketplace's word; null = it is the purchase.</param>
/// <param name="ReceivedAt">When it came.</param>
internal sealed record LicenseOrder(string OrderId, string OrderLineId, string? MarketplaceProductId, string? Scene, DateTimeOffset ReceivedAt);
