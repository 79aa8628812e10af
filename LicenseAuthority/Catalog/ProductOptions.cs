using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Catalog;

/// <summary>One entry of the setting <c>Products</c>. <c>Entitlements</c> is read by <see cref="ProductSettings"/> itself: its values have kinds.</summary>
internal sealed class ProductOptions
{
    /// <summary>The longest <see cref="GracePeriod"/>: no marketplace keeps products renewable for longer.</summary>
    public static readonly TimeSpan LongestGracePeriod = TimeSpan.FromDays(15);

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

    /// <summary>Whether the software runs only with a code that is bound to a device: <c>Optional</c> or <c>Required</c>. Default: Optional.</summary>
    public ProductActivation Activation { get; set; } = ProductActivation.Optional;

    /// <summary>
    /// How long a device has its place without a refresh, 1 minute to 366 days: for containers, build agents and machines that disappear. Default: none, as long as
    /// the license lasts.
    /// </summary>
    public TimeSpan? ActivationLease { get; set; }

    /// <summary>
    /// What the software may tell of its use, for the marketplace: <c>None</c>, <c>Count</c> (how many clients are active) or <c>Ids</c> (who uses it, which is
    /// personal data). Default: None.
    /// </summary>
    public ProductUsage Usage { get; set; } = ProductUsage.None;

    /// <summary>Whether codes show the customer's name. Default: no.</summary>
    public bool IncludeCustomerName { get; set; }
}

/// <summary>The words of the setting <c>Activation</c>.</summary>
internal enum ProductActivation
{
    /// <summary>Also a code that is bound to no device permits what the license does.</summary>
    Optional,

    /// <summary>Only a code that is bound to a device does.</summary>
    Required,
}
