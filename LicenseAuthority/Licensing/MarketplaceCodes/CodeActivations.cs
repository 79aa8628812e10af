namespace LicenseAuthority.Licensing.MarketplaceCodes;

/// <summary>What was bought with a code, as the marketplace says it.</summary>
/// <param name="OrderId">The marketplace's order id.</param>
/// <param name="MarketplaceProductId">The marketplace's product id.</param>
/// <param name="Quantity">Quantity bought, 1 to 9,999,999.</param>
/// <param name="ExpiresAt">End of the term in whole seconds, also in the past; null = the product's default period, or perpetual.</param>
/// <param name="EndKnownBy">Who said that end.</param>
/// <param name="MarketplaceCustomerId">The marketplace's id of the customer, or what stands for one that is not known; null = nobody has asked yet who it is.</param>
/// <param name="CustomerName">The customer's name, or null.</param>
internal sealed record BoughtWithCode(
    string OrderId, string MarketplaceProductId, int Quantity, DateTimeOffset? ExpiresAt, EndKnownBy EndKnownBy, string? MarketplaceCustomerId, string? CustomerName)
{
    /// <summary>Says what, and not for whom.</summary>
    public override string ToString() => FormattableString.Invariant($"order {OrderId}, {Quantity} of product {MarketplaceProductId}");
}

/// <summary>The activation of a code at the marketplace that this process has alone.</summary>
/// <param name="IsNew">Nobody began it before. False: it may be done there, and nobody knows.</param>
/// <param name="Bought">What was bought, if that is known already: then it is done there; or null.</param>
internal sealed record ClaimedActivation(bool IsNew, BoughtWithCode? Bought);

/// <summary>How it stands with a code here.</summary>
/// <param name="LicenseId">Its license; null = it has none.</param>
/// <param name="IsReleased">The marketplace has released it before it had a license: it never gets one.</param>
internal sealed record CodeHere(string? LicenseId, bool IsReleased);
