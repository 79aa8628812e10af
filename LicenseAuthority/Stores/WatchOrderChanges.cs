using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Marketplaces.Watch;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>What one write changes of the orders that fail, and whom it has to tell, since each order more or less may reach a threshold of its product.</summary>
internal sealed class WatchOrderChanges(IWriteSession session, OutboxFeed outbox, WatchPolicy policy, DateTimeOffset now)
{
    // Real orders only: a test never counts.
    private const string SelectServed =
        """
        SELECT min(received_at) FROM orders WHERE order_id = @OrderId AND order_line_id = @OrderLineId AND account = @Account AND test = @test
        """;

    // What a call does not say, whoever looked the order up may have found out.
    private const string SelectRefused =
        """
        SELECT marketplace_product_id AS product_id, marketplace_customer_id AS customer_id, customer_name FROM conflicts
        WHERE order_id = @OrderId AND coalesce(order_line_id, '') = @OrderLineId AND account = @Account AND test = @test AND marketplace_product_id <> ''
        ORDER BY id DESC LIMIT 1
        """;

    private const string SelectCounts =
        $"""
        SELECT coalesce(sum(CASE WHEN fails_at > @now THEN 1 ELSE 0 END), 0) AS failing, coalesce(sum(CASE WHEN fails_at > @now THEN 0 ELSE 1 END), 0) AS failed
        FROM watch_orders WHERE month = @month AND account = @account AND product_id = @product AND {WatchOrderRow.IsOpen}
        """;

    private const string SelectTold = "SELECT told FROM watch_alarms WHERE month = @month AND account = @account AND product_id = @product";

    private const string UpsertTold =
        """
        INSERT INTO watch_alarms (month, account, product_id, told) VALUES (@month, @account, @product, @told)
        ON CONFLICT (month, account, product_id) DO UPDATE SET told = excluded.told
        """;

    // What was looked up since it was written down last, or was not written down at all.
    public const string FromPending =
        $"""
        FROM pending_orders p
        LEFT JOIN watch_orders w ON w.account = p.account AND w.order_id = p.order_id AND w.order_line_id = p.order_line_id
        WHERE p.ended_as IS NULL AND p.test = @test AND p.since <= @slow
            AND (w.account IS NULL OR (w.recovered_at IS NULL AND w.result_code = @code AND w.attempts < p.attempts))
        """;

    private const string SelectPending =
        $"""
        SELECT p.account, p.order_id, p.order_line_id, p.activity, p.since, p.attempts, p.last_error
        {FromPending}
        ORDER BY p.instance_id
        LIMIT @most
        """;

    // Of an order whose line could not be read any of its lines will do: nobody could tell which one was meant. What the marketplace has not heard of was not
    // served.
    public const string FromServed = $"{FromStored} AND w.unheard = @unheard";

    // Those of which it is known by now what was bought.
    public const string FromNamed = $"{FromStored} AND w.product_id = ''";

    // Counted, by the index of orders: PostgreSQL would make a join of an EXISTS, and may compare all failed orders with all orders.
    private const string FromStored =
        """
        FROM watch_orders w
        WHERE w.recovered_at IS NULL AND w.order_id <> '' AND 0 < (
            SELECT count(*) FROM orders o
            WHERE o.order_id = w.order_id AND o.account = w.account AND o.test = @test AND (o.order_line_id = w.order_line_id OR w.order_line_id = ''))
        """;

    private const string SelectNamedOrders =
        $"""
        SELECT {WatchOrderRow.Columns} {FromNamed} ORDER BY w.order_id LIMIT @most
        """;

    private const string SelectServedOrders =
        $"""
        SELECT {WatchOrderRow.Columns} {FromServed} ORDER BY w.order_id LIMIT @most
        """;

    private const string SelectSoldProduct =
        """
        SELECT marketplace_product_id FROM orders
        WHERE order_id = @OrderId AND account = @Account AND test = @test AND (order_line_id = @OrderLineId OR @OrderLineId = '')
        ORDER BY marketplace_product_id LIMIT 1
        """;

    private readonly List<ProductAlarm> _alarms = [];

    /// <summary>The thresholds that were reached, to be told after COMMIT; their messages are written with the rest.</summary>
    public IReadOnlyList<ProductAlarm> Alarms => _alarms;

    /// <summary>Takes what was seen of an order.</summary>
    public async ValueTask AddAsync(OrderNews news)
    {
        if (await WatchOrderRow.FindAsync(session.Connection, news.Key) is { } before)
        {
            // A COMMIT of which nobody knows may have been this one.
            if (!session.MayBeStoredAlready || string.CompareOrdinal(before.LastCallId, news.LastCallId) < 0)
            {
                await ChangeAsync(before, before.After(news));
            }

            return;
        }

        // A repeat that is refused takes nothing from an order that was served before. Orders are kept to the second.
        if (news.Begin(policy) is not { } begun
            || await session.Connection.ExecuteScalarAsync<long?>(SelectServed, Asked(news.Key)) < Instants.ToSql(LicenseTime.CutToSecond(begun.FirstAt)))
        {
            return;
        }

        await InsertAsync(begun);
    }

    /// <summary>Takes some of the orders that have been pending for long, and were asked for since they were looked at.</summary>
    /// <param name="asked">What <see cref="FromPending"/> names.</param>
    public async Task AddPendingAsync(object asked)
    {
        foreach (var pending in (await session.Connection.QueryAsync<PendingRow>(SelectPending, asked)).AsList())
        {
            await AddAsync(pending);
        }
    }

    /// <summary>Takes some of the orders that were served after all.</summary>
    /// <param name="asked">What <see cref="FromServed"/> names.</param>
    public async Task RecoverServedAsync(object asked)
    {
        foreach (var row in (await session.Connection.QueryAsync<WatchOrderRow>(SelectServedOrders, asked)).AsList())
        {
            await RecoverAsync(row.ToOrder());
        }
    }

    /// <summary>Puts some of the orders under the product that was found out since.</summary>
    /// <param name="asked">What <see cref="FromNamed"/> names.</param>
    public async Task NameAsync(object asked)
    {
        foreach (var row in (await session.Connection.QueryAsync<WatchOrderRow>(SelectNamedOrders, asked)).AsList())
        {
            var order = row.ToOrder();
            await ChangeAsync(order, order);
        }
    }

    private async ValueTask AddAsync(PendingRow pending)
    {
        var key = new OrderSeen(pending.Account, pending.OrderId, pending.OrderLineId);
        if (await WatchOrderRow.FindAsync(session.Connection, key) is { } before)
        {
            await ChangeAsync(before, before with { Attempts = pending.Attempts, ResultMsg = pending.LastError ?? before.ResultMsg, LastAt = now });
            return;
        }

        var firstAt = pending.Since + PendingOrderRules.WarnAfter;
        await InsertAsync(
            new FailedOrder(
                key, WatchRules.MonthOf(firstAt, policy), ProductId: "", pending.Activity, firstAt, FailsAt: pending.Since + PendingOrderRules.UnservedAfter)
            {
                LastAt = now,
                Attempts = pending.Attempts,
                ResultCode = policy.PendingResultCode,
                ResultMsg = pending.LastError,
                LastCallId = "",
            });
    }

    private async ValueTask InsertAsync(FailedOrder order)
    {
        var begun = await CompleteAsync(order);
        await session.Connection.ExecuteAsync(WatchOrderRow.Insert, WatchOrderRow.From(begun));
        if (begun.RecoveredAt is null)
        {
            await AlarmAsync(begun);
        }
    }

    private async ValueTask RecoverAsync(FailedOrder before) => await ChangeAsync(before, before with { RecoveredAt = now });

    private async ValueTask ChangeAsync(FailedOrder before, FailedOrder changed)
    {
        var after = await CompleteAsync(changed);
        await session.Connection.ExecuteAsync(WatchOrderRow.Update, WatchOrderRow.From(after));
        if (before.ProductId != after.ProductId || before.RecoveredAt is null != after.RecoveredAt is null)
        {
            await AlarmAsync(after);
        }
    }

    // One order more or less: told at each threshold of a product, once in a month.
    private async ValueTask AlarmAsync(FailedOrder order)
    {
        var asked = new { month = order.Month, account = order.Key.Account, product = order.ProductId, now };
        var counts = await session.Connection.QuerySingleAsync<CountsRow>(SelectCounts, asked);
        var told = await session.Connection.ExecuteScalarAsync<long?>(SelectTold, asked) ?? 0;
        var reached = WatchRules.ThresholdOf((int)(counts.Failing + counts.Failed));
        if (reached <= told)
        {
            return;
        }

        await session.Connection.ExecuteAsync(UpsertTold, new { month = order.Month, account = order.Key.Account, product = order.ProductId, told = reached });
        var alarm = new ProductAlarm(order, (int)counts.Failing, (int)counts.Failed, LicenseTime.CutToMillisecond(now));
        _alarms.Add(alarm);
        OutboxRows.Add(session, OutboxRows.Prepare(outbox.MessagesOf(alarm.ToNotice(policy.MostFailed))));
    }

    // With what its calls do not say and whoever looked it up found out, as soon as that is known.
    private async ValueTask<FailedOrder> CompleteAsync(FailedOrder order)
    {
        if (order.ProductId.Length > 0)
        {
            return order;
        }

        if (await session.Connection.ExecuteScalarAsync<string?>(SelectSoldProduct, Asked(order.Key)) is { } sold)
        {
            return order with { ProductId = sold };
        }

        return await session.Connection.QuerySingleOrDefaultAsync<RefusedRow>(SelectRefused, Asked(order.Key)) is { } known
            ? order with
            {
                ProductId = known.ProductId,
                CustomerId = order.CustomerId ?? known.CustomerId,
                CustomerName = order.CustomerName ?? known.CustomerName,
            }
            : order;
    }

    private static object Asked(OrderSeen key) => new { key.Account, key.OrderId, key.OrderLineId, test = false };

    private sealed class RefusedRow
    {
        public string ProductId { get; init; } = "";

        public string? CustomerId { get; init; }

        public string? CustomerName { get; init; }
    }

    private sealed class PendingRow
    {
        public string Account { get; init; } = "";

        public string OrderId { get; init; } = "";

        public string OrderLineId { get; init; } = "";

        public string Activity { get; init; } = "";

        public DateTimeOffset Since { get; init; }

        public int Attempts { get; init; }

        public string? LastError { get; init; }
    }

    private sealed class CountsRow
    {
        public long Failing { get; init; }

        public long Failed { get; init; }
    }
}
