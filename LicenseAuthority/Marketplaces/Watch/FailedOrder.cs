namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>
/// An order that failed: counted once, in the month of its first failure. How it stands follows from these facts and the time, so no job has to change it.
/// Immutable.
/// </summary>
/// <param name="Key">Which order.</param>
/// <param name="Month">The month of its first failure, by the marketplace's clock.</param>
/// <param name="ProductId">The marketplace's product id; empty where it is not known.</param>
/// <param name="Activity">The call that failed.</param>
/// <param name="FirstAt">Its first failure.</param>
/// <param name="FailsAt">Until then the marketplace repeats.</param>
internal sealed record FailedOrder(OrderSeen Key, string Month, string ProductId, string Activity, DateTimeOffset FirstAt, DateTimeOffset FailsAt)
{
    /// <summary>Its newest failure.</summary>
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>How often it failed; of one that is pending: how often it was looked up.</summary>
    public required int Attempts { get; init; }

    /// <summary>Its last failure was one of which the marketplace heard nothing: it has its license, and only an answer that arrives serves it.</summary>
    public bool IsUnheard { get; init; }

    public string? ResultCode { get; init; }

    public string? ResultMsg { get; init; }

    /// <summary>The marketplace's id of the customer, or null.</summary>
    public string? CustomerId { get; init; }

    public string? CustomerName { get; init; }

    /// <summary>When it was served after all, or null.</summary>
    public DateTimeOffset? RecoveredAt { get; init; }

    /// <summary>The newest call that is counted in.</summary>
    public required string LastCallId { get; init; }

    /// <summary>How it stands at an instant.</summary>
    public FailedOrderStatus StatusAt(DateTimeOffset now) => RecoveredAt is not null
        ? FailedOrderStatus.Recovered
        : now < FailsAt ? FailedOrderStatus.Failing : FailedOrderStatus.Failed;

    /// <summary>As it is after what happened to it since; the same one when that was nothing.</summary>
    public FailedOrder After(OrderNews news)
    {
        var after = news.Attempts == 0
            ? this
            : this with
            {
                LastAt = news.LastAt > LastAt ? news.LastAt : LastAt,
                Attempts = Attempts + news.Attempts,
                IsUnheard = news.IsUnheard,
                ProductId = ProductId.Length == 0 ? news.ProductId : ProductId,
                ResultCode = news.ResultCode,
                ResultMsg = news.ResultMsg,
                CustomerId = news.CustomerId ?? CustomerId,
                CustomerName = news.CustomerName ?? CustomerName,
                RecoveredAt = null,
            };
        return after with
        {
            IsUnheard = news.WasHeard ? false : after.IsUnheard,
            RecoveredAt = news.ServedAt ?? after.RecoveredAt,
            LastCallId = string.CompareOrdinal(news.LastCallId, LastCallId) > 0 ? news.LastCallId : LastCallId,
        };
    }
}

/// <summary>Which order; ordinal and case-sensitive.</summary>
/// <param name="Account">The seller's account.</param>
/// <param name="OrderId">The marketplace's order id; empty where it cannot be read, and then all such orders of a month are one.</param>
/// <param name="OrderLineId">Its line; empty where there is none; of an order without an id that can be read: the month.</param>
internal sealed record OrderSeen(string Account, string OrderId, string OrderLineId);

/// <summary>How an order stands that failed.</summary>
internal enum FailedOrderStatus
{
    /// <summary>The marketplace still repeats its call.</summary>
    Failing,

    /// <summary>It repeats no more.</summary>
    Failed,

    /// <summary>Served after all.</summary>
    Recovered,
}
