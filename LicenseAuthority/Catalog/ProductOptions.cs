using LicenseAuthority.Marketplace.V1;

namespace LicenseAuthority.Catalog;

/// <summary>One entry of the setting <c>Products</c>. <c>Entitlements</c> is read by <see cref="ProductSettings"/> itself: its values have kinds.</summary>
internal sealed class ProductOptions
{
    /// <summary>The longest <see cref="GracePeriod"/>: that of the marketplace which keeps products renewable the longest.</summary>
    public static readonly TimeSpan LongestGracePeriod = V1Policy.LongestRetention;

    /// <summary>Our product id, the <c>aud</c> of its codes: 1 to 64 characters.</summary>
    public string? Id { get; set; }

    /// <summary>The marketplace's product ids under which it is sold; <c>*</c> = all others.</summary>
    public List<string> MarketplaceProductIds { get; set; } = [];

    /// <summary>How long licenses stay renewable after the end of the term: 0 to 15 days. Default: 15 days.</summary>
    public TimeSpan GracePeriod { get; set; } = LongestGracePeriod;

    /// <summary>
    /// How much longer than their order says terms may be, without an expire call: 0 to 60 days. For products whose term begins after the order. Default: 0.
    /// </summary>
    public TimeSpan ExpiryTolerance { get; set; }

    /// <summary>The term when an order names none; null = perpetual.</summary>
    public TimeSpan? DefaultPeriod { get; set; }

    /// <summary>Whether codes show the customer's name. Default: no.</summary>
    public bool IncludeCustomerName { get; set; }
}
