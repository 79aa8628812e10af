namespace LicenseAuthority.Licensing;

/// <summary>Who bought a license.</summary>
/// <param name="Id">Our own random id, <c>cus_</c> + ULID: it stands in codes, so that a code does not tell the marketplace's id.</param>
/// <param name="MarketplaceCustomerId">The marketplace's id, unique within the account.</param>
/// <param name="Name">The account name that the marketplace sent with the order, or null.</param>
internal sealed record Customer(string Id, string MarketplaceCustomerId, string? Name);
