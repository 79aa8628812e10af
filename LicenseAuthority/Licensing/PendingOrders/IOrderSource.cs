namespace LicenseAuthority.Licensing.PendingOrders;

/// <summary>Where an order is looked up that the marketplace only names: its adapter implements it. Thread-safe.</summary>
internal interface IOrderSource
{
    /// <summary>How this marketplace means its calls.</summary>
    CallPolicy Policy { get; }

    /// <summary>The call that only names an order, in the marketplace's word. An entry that came of it can be tried again.</summary>
    string Activity { get; }

    /// <summary>Null = the account's orders can be looked up; else what has to be set for that, for the log.</summary>
    string? FindRemedy(string account);

    /// <summary>
    /// Asks once. Never throws for what the marketplace does. Of an answer about the order it tells nobody else: who asks keeps it, logs it and asks again. That our
    /// credentials are refused is about all orders, and is told by the source.
    /// </summary>
    /// <param name="order">The order, with the instance id that it has.</param>
    /// <param name="limit">How long it may take, everything together.</param>
    /// <param name="cancellationToken">Gives up; the only exception.</param>
    Task<OrderLookUp> FindAsync(PendingOrder order, TimeSpan limit, CancellationToken cancellationToken);
}

/// <summary>What came of asking for an order. A closed list.</summary>
internal abstract record OrderLookUp
{
    private OrderLookUp()
    {
    }

    /// <summary>The order is known.</summary>
    internal sealed record Found(OrderContent Content) : OrderLookUp;

    /// <summary>The order was taken back.</summary>
    internal sealed record Unsubscribed : OrderLookUp;

    /// <summary>There is no such order, or not yet all of it.</summary>
    /// <param name="Reason">What is missing, one line.</param>
    internal sealed record Missing(string Reason) : OrderLookUp;

    /// <summary>There is no answer.</summary>
    /// <param name="Reason">Why, one line.</param>
    internal sealed record NoAnswer(string Reason) : OrderLookUp;
}

/// <summary>What was bought.</summary>
/// <param name="MarketplaceProductId">The marketplace's product id.</param>
/// <param name="MarketplaceCustomerId">The marketplace's id of the customer.</param>
/// <param name="CustomerName">The customer's name, or null.</param>
/// <param name="Quantity">Quantity bought, 1 to 9,999,999.</param>
/// <param name="ExpiresAt">End of the term in whole seconds, also in the past; null = the product's default period, or perpetual.</param>
/// <param name="Trial">The order is a trial.</param>
internal sealed record OrderContent(
    string MarketplaceProductId, string MarketplaceCustomerId, string? CustomerName, int Quantity, DateTimeOffset? ExpiresAt, bool Trial)
{
    /// <summary>What could not be read and is served as absent, for the log and the event; null = nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>Says what, and not for whom.</summary>
    public override string ToString() => FormattableString.Invariant($"{Quantity} of product {MarketplaceProductId}");
}
