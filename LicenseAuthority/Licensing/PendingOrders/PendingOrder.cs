namespace LicenseAuthority.Licensing.PendingOrders;

/// <summary>What makes an order the same order again where the call does not say what was bought; ordinal and case-sensitive.</summary>
/// <param name="Account">The seller's account.</param>
/// <param name="Test">Orders of the marketplace's debug cases are apart from real ones.</param>
/// <param name="OrderId">The marketplace's order id.</param>
/// <param name="OrderLineId">The marketplace's order line id; empty where there is none.</param>
internal sealed record PendingOrderKey(string Account, bool Test, string OrderId, string OrderLineId)
{
    /// <summary>The order once it is known which product it is for; empty = it is not.</summary>
    public OrderKey For(string marketplaceProductId) => new(Account, Test, OrderId, OrderLineId, marketplaceProductId);
}

/// <summary>
/// An order that has an instance id, allotted for good before anybody knew what was bought. It is pending until it is served or ended; then it tells for ever
/// which id the order has. Immutable.
/// </summary>
/// <param name="InstanceId">The id of the license to be.</param>
/// <param name="Key">The order.</param>
/// <param name="Activity">The call that asked for it, in the caller's words.</param>
/// <param name="Since">When the id was allotted, or, of a test order, when its last round began.</param>
internal sealed record PendingOrder(string InstanceId, PendingOrderKey Key, string Activity, DateTimeOffset Since)
{
    /// <summary>How often the marketplace was asked for it.</summary>
    public int Attempts { get; init; }

    /// <summary>When it is asked next; null = by itself it is not asked any more.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>Why it is pending, for people; null = it was not asked yet.</summary>
    public string? LastError { get; init; }

    /// <summary>When it was told that it takes long; null = not yet.</summary>
    public DateTimeOffset? WarnedAt { get; init; }

    /// <summary>When it was told as unserved; null = not yet.</summary>
    public DateTimeOffset? UnservedAt { get; init; }

    /// <summary>Why it is not pending any more; null = it is.</summary>
    public PendingOrderEnd? End { get; init; }

    /// <summary>Whether it was a trial when it was served, or when the last round of a test order began.</summary>
    public bool Trial { get; init; }

    /// <summary>The quantity of then; null = it has never been served.</summary>
    public int? Quantity { get; init; }

    /// <summary>The expiry that was asked for then; null = the product's default period, or perpetual.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Until when the one who claimed it has it alone; null = nobody has.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }

    /// <summary>The call behind it.</summary>
    public CallSource Source => new(CallSource.Marketplace, Activity, Key.OrderId, Key.OrderLineId is { Length: > 0 } line ? line : null);
}

/// <summary>How an order came to be no longer pending.</summary>
internal enum PendingOrderEnd
{
    /// <summary>It has its license.</summary>
    Served = 0,

    /// <summary>The marketplace released the instance before there was a license.</summary>
    Released = 1,

    /// <summary>The marketplace says that the order was taken back.</summary>
    Unsubscribed = 2,
}
