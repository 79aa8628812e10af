namespace LicenseAuthority.Licensing;

/// <summary>An order that was served before, with its license as it is now.</summary>
/// <param name="Order">The order as it was first served.</param>
/// <param name="License">Its license.</param>
/// <param name="CodeText">The license's newest code, exactly as it was stored.</param>
internal sealed record ServedOrder(PlacedOrder Order, License License, string CodeText)
{
    /// <summary>Shows the license, not the code.</summary>
    public override string ToString() => $"order {Order.Key.OrderId} served as {License.Id}";
}
