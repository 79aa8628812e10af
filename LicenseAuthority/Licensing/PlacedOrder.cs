namespace LicenseAuthority.Licensing;

/// <summary>An order for a license, as it was when it was first served.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Quantity">The quantity that it asked for.</param>
/// <param name="ExpiresAt">The expiry that it asked for, or null when it asked for none.</param>
/// <param name="ReceivedAt">When it came.</param>
internal sealed record PlacedOrder(OrderKey Key, int Quantity, DateTimeOffset? ExpiresAt, DateTimeOffset ReceivedAt);
