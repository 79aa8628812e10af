namespace LicenseAuthority.Licensing.Products;

/// <summary>A product that licenses are sold for.</summary>
/// <param name="Id">Our id, the <c>aud</c> of its codes.</param>
/// <param name="GracePeriod">How long its licenses stay renewable after the end of the term: from 0 to what the marketplace allows.</param>
/// <param name="DefaultPeriod">The term of a license whose order names none; null = perpetual.</param>
/// <param name="Entitlements">What its licenses grant.</param>
/// <param name="IncludeCustomerName">Whether codes show the customer's name.</param>
internal sealed record Product(string Id, TimeSpan GracePeriod, TimeSpan? DefaultPeriod, Entitlements Entitlements, bool IncludeCustomerName)
{
    /// <summary>From an order to the acceptance of what was delivered it takes no longer.</summary>
    public static readonly TimeSpan LongestExpiryTolerance = TimeSpan.FromDays(60);

    /// <summary>How much longer than its order says a term may be: 0 to 60 days.</summary>
    public TimeSpan ExpiryTolerance { get; init; }

    /// <summary>Whether its software runs only with a code that is bound to a device.</summary>
    public bool RequiresActivation { get; init; }

    /// <summary>The lease of a device's place: 1 minute to 366 days in whole seconds; null = it lasts as long as the license.</summary>
    public TimeSpan? ActivationLease { get; init; }

    /// <summary>What its software may tell of its use.</summary>
    public ProductUsage Usage { get; init; }
}
