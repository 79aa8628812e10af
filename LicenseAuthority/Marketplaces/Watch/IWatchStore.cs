namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>
/// Where the watch writes down what went wrong with calls, for all nodes. Thread-safe; all writes are of low priority, and webhooks hear of an alarm in the same
/// transaction. Every method throws <see cref="StoreBusyException"/> when the store cannot answer in time.
/// </summary>
internal interface IWatchStore
{
    /// <summary>Writes down what happened on a node; the same again changes nothing. Returns the alarms that it raises.</summary>
    Task<IReadOnlyList<ProductAlarm>> AddAsync(WatchNews news, string node, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Writes down what no call tells: orders that are pending for long, orders that were served since, calls that an operator decided on. Returns the alarms
    /// that it raises. Several nodes may do so at once.
    /// </summary>
    /// <param name="now">Now.</param>
    /// <param name="pendingCounts">Whether the time is in no doubt: by a clock that is ahead every pending order is old.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<ProductAlarm>> SweepAsync(DateTimeOffset now, bool pendingCounts, CancellationToken cancellationToken);

    /// <summary>What would be good news: the orders and the calls that failed and have not been served.</summary>
    ValueTask<OpenFailures> ReadOpenAsync(CancellationToken cancellationToken);

    /// <summary>A month, and what of today is to be done.</summary>
    ValueTask<WatchReport> ReadAsync(string month, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>How many orders of each product failed and recovered in each month, the newest month first.</summary>
    ValueTask<IReadOnlyList<ProductMonth>> ListMonthsAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Whether an order is failing, of whatever month; and how many orders of each product are failing or have failed in this one.</summary>
    ValueTask<WatchCondition> ReadConditionAsync(string month, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The call need not be made again. Null = no such call is listed.</summary>
    Task<RestartCall?> DismissAsync(string callId, string actor, string? reason, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>When each account had dial tests, from this day on, whatever the activity.</summary>
    ValueTask<IReadOnlyList<AccountTests>> ListTestsAsync(DateOnly from, CancellationToken cancellationToken);

    /// <summary>Notes that it is told that an account's dial tests have stopped; false = it was told before, and there was none since.</summary>
    Task<bool> TellStoppedAsync(string account, DateTimeOffset lastAt, CancellationToken cancellationToken);

    /// <summary>Deletes what is of months before this one, some of it at a time; true = there may be more.</summary>
    Task<bool> DeleteOldAsync(string firstMonth, CancellationToken cancellationToken);
}

/// <summary>What failed and was not served since.</summary>
/// <param name="Orders">Orders.</param>
/// <param name="Calls">Calls, by what makes them the same again.</param>
internal sealed record OpenFailures(IReadOnlyCollection<OrderSeen> Orders, IReadOnlyCollection<string> Calls);

/// <summary>When an account's dial tests came.</summary>
/// <param name="Account">The account.</param>
/// <param name="Days">The days with some, the newest first.</param>
/// <param name="LastAt">The last one.</param>
internal sealed record AccountTests(string Account, IReadOnlyList<DateOnly> Days, DateTimeOffset LastAt);

/// <summary>What there is to worry about.</summary>
/// <param name="IsFailing">An order is failing: the marketplace still repeats it, and it can be saved.</param>
/// <param name="Products">The products of this month with orders that are failing or failed, the most first.</param>
internal sealed record WatchCondition(bool IsFailing, IReadOnlyList<ProductFailures> Products);

/// <summary>How many orders of a product are failing or failed in this month.</summary>
/// <param name="Account">The seller's account.</param>
/// <param name="ProductId">The marketplace's product id; empty where it is not known.</param>
/// <param name="Orders">How many.</param>
internal sealed record ProductFailures(string Account, string ProductId, int Orders);

/// <summary>A month of a product.</summary>
/// <param name="Month">Such as <c>2026-11</c>.</param>
/// <param name="Account">The seller's account.</param>
/// <param name="ProductId">The marketplace's product id; empty where it is not known.</param>
/// <param name="Failing">How many orders are failing.</param>
/// <param name="Failed">How many have failed.</param>
/// <param name="Recovered">How many were served after all.</param>
internal sealed record ProductMonth(string Month, string Account, string ProductId, int Failing, int Failed, int Recovered);

/// <summary>What the watch shows.</summary>
/// <param name="Products">The products of the month.</param>
/// <param name="Orders">Their orders, the newest first; not more than can be shown.</param>
/// <param name="Restarts">What is to be made again, now, the newest first; not more than can be shown.</param>
/// <param name="Slow">Slow answers of the month.</param>
/// <param name="Tests">The dial tests as they stand now.</param>
/// <param name="Refused">Calls of the month that look like the marketplace's and were not authenticated.</param>
internal sealed record WatchReport(
    IReadOnlyList<ProductMonth> Products,
    IReadOnlyList<FailedOrder> Orders,
    IReadOnlyList<RestartCall> Restarts,
    IReadOnlyList<SlowAnswers> Slow,
    IReadOnlyList<DialTest> Tests,
    long Refused);

/// <summary>How many answers were slow.</summary>
internal sealed record SlowAnswers(string Activity, long Calls, long SlowestMs);

/// <summary>How the dial tests of an activity stand.</summary>
/// <param name="Account">The seller's account.</param>
/// <param name="Activity">The call.</param>
/// <param name="Last">The last one.</param>
/// <param name="FailedDays">On how many days in a row they failed.</param>
internal sealed record DialTest(string Account, string Activity, DialDay Last, int FailedDays);
