using System.Text.Json;
using System.Text.Json.Serialization;
using LicenseAuthority.Codes;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Admin;

/// <summary>A license as the admin door shows it. Absent facts are null.</summary>
internal sealed record LicenseItem(
    string Id,
    string Product,
    string State,
    bool Test,
    bool Trial,
    string Account,
    CustomerItem Customer,
    IReadOnlyList<OrderItem> Orders,
    int Quantity,
    [property: JsonConverter(typeof(EntitlementsConverter))] Entitlements Entitlements,
    DateTimeOffset IssuedAt,
    DateTimeOffset StartsAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? EndsAt,
    DateTimeOffset? GraceEndsAt,
    DateTimeOffset? ExpiredByMarketplaceAt,
    HoldsItem Holds,
    DateTimeOffset? ReleasedAt,
    DateTimeOffset? RevokedAt,
    string Code,
    int Generation,
    MarketplaceCodeItem? MarketplaceCode)
{
    /// <summary>Shows a license as if it were settled: what the clock has decided by <paramref name="now"/> is seen, recorded or not.</summary>
    public static LicenseItem From(LicenseRecord record, DateTimeOffset now)
    {
        var license = LicenseLifecycle.Settle(record.License, now).After;
        return new LicenseItem(
            license.Id,
            license.Product,
            license.RecordedState.ToWord(),
            license.Test,
            license.Trial,
            license.Account,
            new CustomerItem(license.Customer.Id, license.Customer.MarketplaceCustomerId, license.Customer.Name),
            [.. record.Orders.Select(OrderItem.From)],
            license.Quantity,
            license.Entitlements,
            license.IssuedAt,
            license.StartsAt,
            license.ExpiresAt,
            license.EndsAt,
            license.GraceEndsAt,
            license.ExpiredByMarketplaceAt,
            new HoldsItem(HoldItem.From(license.HoldMarketplace), HoldItem.From(license.HoldAdmin)),
            license.Release?.At,
            license.Revocation?.At,
            record.CodeText,
            license.UnboundGeneration,
            record.MarketplaceCode is { } code ? new MarketplaceCodeItem(code.LastCharacters) : null);
    }

    /// <summary>Shows the license, not the code.</summary>
    public override string ToString() => $"license {Id}";
}

/// <summary>A page of licenses.</summary>
/// <param name="Items">Those that can be read.</param>
/// <param name="NextCursor">As for every page.</param>
/// <param name="Unreadable">Ids of those that cannot be, which stand between the others; absent = none.</param>
internal sealed record LicensePage(
    IReadOnlyList<LicenseItem> Items, string? NextCursor, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Unreadable)
{
    /// <summary>Shows a page as at <paramref name="now"/>.</summary>
    public static LicensePage From(Page<ListedLicense> page, DateTimeOffset now)
    {
        var unreadable = page.Items.Where(static listed => listed.Record is null).Select(static listed => listed.Id).ToList();
        return new LicensePage(
            [.. page.Items.Select(static listed => listed.Record).OfType<LicenseRecord>().Select(record => LicenseItem.From(record, now))],
            page.NextCursor,
            unreadable.Count == 0 ? null : unreadable);
    }
}

/// <summary>The code that a marketplace handed out for the license: a secret, of which the last characters tell it from others.</summary>
internal sealed record MarketplaceCodeItem(string Last4);

internal sealed record CustomerItem(string Id, string MarketplaceCustomerId, string? Name);

/// <summary>An order behind a license.</summary>
internal sealed record OrderItem(string OrderId, string OrderLineId, string? ProductId, string Scene, DateTimeOffset ReceivedAt)
{
    /// <summary>The scene that the purchase is shown with (docs/admin-api.md).</summary>
    private const string Purchase = "NEW";

    /// <summary>Translates an order.</summary>
    public static OrderItem From(LicenseOrder order) =>
        new(order.OrderId, MarketplaceCode.ShownLine(order.OrderLineId), order.MarketplaceProductId, order.Scene ?? Purchase, order.ReceivedAt);
}

/// <summary>The holds on a license, by who ordered them: only that one lifts it. Null = none.</summary>
internal sealed record HoldsItem(HoldItem? Marketplace, HoldItem? Admin);

/// <summary>A hold: since when, and why.</summary>
internal sealed record HoldItem(DateTimeOffset Since, string Reason)
{
    /// <summary>Translates a hold; null = none.</summary>
    public static HoldItem? From(Hold? hold) => hold is null ? null : new HoldItem(hold.Since, hold.Reason);
}

/// <summary>Writes entitlements as the JSON object that they are in a code.</summary>
internal sealed class EntitlementsConverter : JsonConverter<Entitlements>
{
    /// <inheritdoc/>
    public override Entitlements Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("The admin door does not take entitlements.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Entitlements value, JsonSerializerOptions options) => EntitlementsJson.Write(writer, value);
}
