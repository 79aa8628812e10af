namespace LicenseAuthority.Licensing.Conflicts;

/// <summary>
/// Sees to it that an order that was paid for and refused leaves a trace: an entry for the operator, and a line in the log, which is all there is where the
/// store fails. docs/license-lifecycle.md says how an entry is closed. Thread-safe.
/// </summary>
internal sealed partial class UnservedOrders(ILicenseStore store, Identifiers identifiers, TimeProvider time, ILogger<UnservedOrders> logger)
{
    private static readonly OrderKey Unreadable = new("", Test: false, "", "", "");

    private readonly RecentlyTold<OrderKey> _told = new(time);

    /// <summary>Keeps an order, unless it was served, and tells of it. Done before the caller gets the answer; throws nothing.</summary>
    /// <param name="unserved">The order, as far as it could be read.</param>
    /// <param name="storeIsBusy">It was refused because the store did not answer in time: the caller cannot wait for that once more.</param>
    public async Task KeepAsync(UnservedOrder unserved, bool storeIsBusy)
    {
        var order = unserved.Order.Key;
        var isStored = storeIsBusy ? false : await TryStoreAsync(unserved);
        if (isStored is null || !_told.IsNews(order))
        {
            return;
        }

        // The call may not say it.
        var product = order.MarketplaceProductId is { Length: > 0 } named ? named : "(not known)";
        if (order.Test)
        {
            LogTestRefused(order.Account, order.OrderId, product, unserved.Reason);
        }
        else if (isStored.Value)
        {
            LogRefused(order.Account, order.OrderId, product, unserved.Reason);
        }
        else
        {
            LogRefusedUnstored(order.Account, order.OrderId, product, unserved.Reason);
        }
    }

    /// <summary>Tells of a call for an order whose id cannot be read: there is nothing that an entry could be found or closed by.</summary>
    public void TellUnreadable(string account, string reason)
    {
        if (_told.IsNews(Unreadable with { Account = account }))
        {
            LogUnreadable(account, reason);
        }
    }

    // Null: the order was served, this refusal takes nothing from anybody.
    private async Task<bool?> TryStoreAsync(UnservedOrder unserved)
    {
        var entry = new OpenConflict(
            identifiers.NewConflictId(), LicenseId: null, ConflictKind.Unserved, LicenseTime.CutToMillisecond(time.GetUtcNow()), unserved.Source,
            unserved.Reason, new ConflictProposal(Expire: false, unserved.ExpiresAt, unserved.Quantity))
        {
            Order = unserved.Order,
            InstanceId = unserved.InstanceId,
        };
        try
        {
            return await store.KeepUnservedAsync(entry, CancellationToken.None) == UnservedOutcome.Served ? null : true;
        }
        catch (Exception exception)
        {
            // Often the same fault for which the order was refused, and that was logged with all that is known. The type tells whether it was another.
            if (!StoreFaults.IsReported(exception))
            {
                LogNotStored(unserved.Order.Key.OrderId, exception.GetType().Name);
            }

            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "An order that was paid for is not served: account {Account}, order {OrderId}, product {MarketplaceProductId}: {Reason}. Mend what that says, then have the marketplace call again: served, its entry at /admin/v1/conflicts?kind=unserved is closed.")]
    private partial void LogRefused(string account, string orderId, string marketplaceProductId, string reason);

    [LoggerMessage(LogLevel.Warning, "An order that was paid for is not served: account {Account}, order {OrderId}, product {MarketplaceProductId}: {Reason}. It could not be stored either: this line is all that is known of it. Look whether it was served since, else mend what that says and have the marketplace call again.")]
    private partial void LogRefusedUnstored(string account, string orderId, string marketplaceProductId, string reason);

    [LoggerMessage(LogLevel.Information, "A test order was refused: account {Account}, order {OrderId}, product {MarketplaceProductId}: {Reason}.")]
    private partial void LogTestRefused(string account, string orderId, string marketplaceProductId, string reason);

    [LoggerMessage(LogLevel.Warning, "An order was refused whose id cannot be read: account {Account}: {Reason}. The call stands at /admin/v1/marketplace/calls, and the marketplace knows which order it was: have it call again, or refund it.")]
    private partial void LogUnreadable(string account, string reason);

    [LoggerMessage(LogLevel.Warning, "That order {OrderId} was refused could not be stored: {Fault}.")]
    private partial void LogNotStored(string orderId, string fault);
}

/// <summary>An order that was paid for and refused.</summary>
/// <param name="Order">Which one.</param>
/// <param name="Quantity">The quantity that it asked for, or null.</param>
/// <param name="ExpiresAt">The expiry that it asked for, or null.</param>
/// <param name="Source">The call.</param>
/// <param name="Reason">What was answered, and why.</param>
internal sealed record UnservedOrder(OrderFacts Order, int? Quantity, DateTimeOffset? ExpiresAt, CallSource Source, string Reason)
{
    /// <summary>The instance id that the order has; null = none was allotted, or it is not known.</summary>
    public string? InstanceId { get; init; }
}

/// <summary>What is known of an order without a license.</summary>
/// <param name="Key">Its key; the product is empty where it could not be read.</param>
/// <param name="MarketplaceCustomerId">The marketplace's id of the customer, or null.</param>
/// <param name="CustomerName">The customer's name, or null.</param>
internal sealed record OrderFacts(OrderKey Key, string? MarketplaceCustomerId, string? CustomerName);

/// <summary>What became of an order that was to be kept as unserved.</summary>
internal enum UnservedOutcome
{
    Kept = 0,

    /// <summary>There is an open entry of the order; it has the newest reason now.</summary>
    KeptBefore = 1,

    /// <summary>The order was served before: nothing was stored.</summary>
    Served = 2,
}
