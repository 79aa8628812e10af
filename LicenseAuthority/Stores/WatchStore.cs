using System.Data.Common;
using System.Globalization;
using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Marketplaces.Watch;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The watch over the marketplace's calls in the database. Thread-safe.</summary>
internal sealed class WatchStore(IDatabase database, OutboxFeed outbox, WatchPolicy policy) : IWatchStore
{
    // An operator can see no more at once, and the newest are what he came for.
    private const int MostShown = 1000;

    // So many are written or deleted at once: others wait for the writer.
    private const int BatchSize = 32;

    // Writes are rare, and counts rest on each other.
    private const string Lock = "marketplace watch";

    private const string IsOpen = "recovered_at IS NULL";

    private const string IsOrder = "account = @Account AND order_id = @OrderId AND order_line_id = @OrderLineId";

    private const string Columns =
        """
        account, order_id, order_line_id, month, product_id, activity, first_at, last_at, attempts, unheard, result_code, result_msg, customer_id, customer_name,
        fails_at, recovered_at, last_call_id
        """;

    private const string SelectOrder = $"SELECT {Columns} FROM watch_orders WHERE {IsOrder}";

    private const string Insert =
        $"""
        INSERT INTO watch_orders ({Columns})
        VALUES (@Account, @OrderId, @OrderLineId, @Month, @ProductId, @Activity, @FirstAt, @LastAt, @Attempts, @Unheard, @ResultCode, @ResultMsg, @CustomerId,
            @CustomerName, @FailsAt, @RecoveredAt, @LastCallId)
        """;

    private const string Update =
        $"""
        UPDATE watch_orders SET product_id = @ProductId, last_at = @LastAt, attempts = @Attempts, unheard = @Unheard, result_code = @ResultCode,
            result_msg = @ResultMsg, customer_id = @CustomerId, customer_name = @CustomerName, recovered_at = @RecoveredAt, last_call_id = @LastCallId
        WHERE {IsOrder}
        """;

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
        FROM watch_orders WHERE month = @month AND account = @account AND product_id = @product AND {IsOpen}
        """;

    private const string SelectTold = "SELECT told FROM watch_alarms WHERE month = @month AND account = @account AND product_id = @product";

    private const string UpsertTold =
        """
        INSERT INTO watch_alarms (month, account, product_id, told) VALUES (@month, @account, @product, @told)
        ON CONFLICT (month, account, product_id) DO UPDATE SET told = excluded.told
        """;

    // What was looked up since it was written down last, or was not written down at all.
    private const string FromPending =
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
    private const string FromServed =
        """
        FROM watch_orders w
        WHERE w.recovered_at IS NULL AND w.unheard = @unheard AND w.order_id <> '' AND EXISTS (
            SELECT 1 FROM orders o
            WHERE o.order_id = w.order_id AND o.account = w.account AND o.test = @test AND (o.order_line_id = w.order_line_id OR w.order_line_id = ''))
        """;

    private const string SelectServedOrders =
        $"""
        SELECT {Columns} {FromServed} ORDER BY w.order_id LIMIT @most
        """;

    private const string SelectSoldProduct =
        """
        SELECT marketplace_product_id FROM orders
        WHERE order_id = @OrderId AND account = @Account AND test = @test AND (order_line_id = @OrderLineId OR @OrderLineId = '')
        ORDER BY marketplace_product_id LIMIT 1
        """;

    private static readonly string OfRestart =
        $"""
        c.order_id = r.order_id AND coalesce(c.order_line_id, '') = coalesce(r.order_line_id, '') AND c.kind = '{ConflictKind.Unserved.ToWord()}'
            AND (c.license_id = r.instance_id OR c.instance_id = r.instance_id OR c.account = r.account)
        """;

    // The entry of the same order, on the same instance where it names one, is closed, and none is open.
    private static readonly string FromDecided =
        $"""
        FROM watch_restarts r
        WHERE r.ended_as IS NULL AND r.order_id IS NOT NULL
            AND EXISTS (SELECT 1 FROM conflicts c WHERE {OfRestart} AND c.resolution IS NOT NULL AND c.resolved_at >= r.at)
            AND NOT EXISTS (SELECT 1 FROM conflicts c WHERE {OfRestart} AND c.resolution IS NULL)
        """;

    private const string SelectRestart = "SELECT call_id FROM watch_restarts WHERE same_call = @same AND ended_as IS NULL";

    private const string InsertRestart =
        """
        INSERT INTO watch_restarts (call_id, same_call, at, account, activity, instance_id, order_id, order_line_id, result_code, result_msg, listed_from)
        VALUES (@id, @same, @at, @account, @activity, @instance, @order, @line, @code, @msg, @from)
        ON CONFLICT (call_id) DO NOTHING
        """;

    private const string UpdateRestart = "UPDATE watch_restarts SET result_code = @code, result_msg = @msg WHERE call_id = @id AND ended_as IS NULL";

    private const string EndRestart =
        "UPDATE watch_restarts SET ended_as = @end, ended_at = @at, ended_by = @by, remark = @remark WHERE call_id = @id AND ended_as IS NULL";

    private const string RestartColumns = "call_id, at, account, activity, instance_id, order_id, result_code, result_msg";

    private const string IsListed = "ended_as IS NULL AND listed_from <= @now";

    // A process' own total only grows.
    private const string UpsertCount =
        """
        INSERT INTO watch_counts (month, kind, account, activity, node, calls, slowest) VALUES (@month, @kind, @account, @activity, @node, @calls, @slowest)
        ON CONFLICT (month, kind, account, activity, node) DO UPDATE SET calls = excluded.calls, slowest = excluded.slowest
        WHERE excluded.calls > watch_counts.calls
        """;

    // Nodes write behind, in any order: the later one stays.
    private const string UpsertTest =
        """
        INSERT INTO watch_tests (account, activity, day, last_at, result_code, failed) VALUES (@account, @activity, @day, @lastAt, @code, @failed)
        ON CONFLICT (account, activity, day) DO UPDATE SET last_at = excluded.last_at, result_code = excluded.result_code, failed = excluded.failed
        WHERE excluded.last_at >= watch_tests.last_at
        """;

    private const string UpsertSilence =
        """
        INSERT INTO watch_silences (account, last_at) VALUES (@account, @lastAt)
        ON CONFLICT (account) DO UPDATE SET last_at = excluded.last_at WHERE excluded.last_at > watch_silences.last_at
        """;

    private const string SumOfMonth =
        """
        SELECT month, account, product_id,
            sum(CASE WHEN recovered_at IS NULL AND fails_at > @now THEN 1 ELSE 0 END) AS failing,
            sum(CASE WHEN recovered_at IS NULL AND fails_at <= @now THEN 1 ELSE 0 END) AS failed,
            sum(CASE WHEN recovered_at IS NULL THEN 0 ELSE 1 END) AS recovered
        FROM watch_orders
        """;

    private const string DayForm = "yyyy-MM-dd";

    /// <inheritdoc/>
    public Task<IReadOnlyList<ProductAlarm>> AddAsync(WatchNews news, string node, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<ProductAlarm>>(
            async session =>
            {
                session.Lock(Lock);
                var alarms = new List<ProductAlarm>();
                foreach (var order in news.Orders.Values)
                {
                    await AddAsync(session, order, now, alarms);
                }

                foreach (var (same, call) in news.Restarts)
                {
                    await AddAsync(session, same, call);
                }

                foreach (var (key, count) in news.Counts)
                {
                    await session.Connection.ExecuteAsync(
                        UpsertCount,
                        new
                        {
                            month = key.Month,
                            kind = WatchWords.Counts.WordOf(key.Kind),
                            account = key.Account,
                            activity = key.Activity,
                            node,
                            calls = count.Calls,
                            slowest = count.SlowestMs,
                        });
                }

                foreach (var (key, day) in news.Tests)
                {
                    await session.Connection.ExecuteAsync(
                        UpsertTest,
                        new
                        {
                            account = key.Account,
                            activity = key.Activity,
                            day = ToText(day.Day),
                            lastAt = day.LastAt,
                            code = day.LastResultCode,
                            failed = day.Failed,
                        });
                }

                return alarms;
            },
            WritePriority.Low,
            cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ProductAlarm>> SweepAsync(DateTimeOffset now, bool pendingCounts, CancellationToken cancellationToken)
    {
        var asked = new
        {
            test = false,
            unheard = false,
            slow = pendingCounts ? now - PendingOrderRules.WarnAfter : DateTimeOffset.UnixEpoch,
            code = policy.PendingResultCode,
            most = BatchSize,
        };

        // Nearly always there is nothing, and nobody need wait for the writer.
        var isDue = await database.ReadAsync(
            async session => await session.Connection.ExecuteScalarAsync<bool>(
                $"SELECT EXISTS (SELECT 1 {FromPending}) OR EXISTS (SELECT 1 {FromServed}) OR EXISTS (SELECT 1 {FromDecided})", asked),
            cancellationToken);
        if (!isDue)
        {
            return [];
        }

        return await database.WriteAsync<IReadOnlyList<ProductAlarm>>(
            async session =>
            {
                session.Lock(Lock);
                var alarms = new List<ProductAlarm>();
                foreach (var pending in (await session.Connection.QueryAsync<PendingRow>(SelectPending, asked)).AsList())
                {
                    await AddAsync(session, pending, now, alarms);
                }

                foreach (var row in (await session.Connection.QueryAsync<OrderRow>(SelectServedOrders, asked)).AsList())
                {
                    await RecoverAsync(session, row.ToOrder(), now, alarms);
                }

                foreach (var id in (await session.Connection.QueryAsync<string>($"SELECT r.call_id {FromDecided} LIMIT @most", asked)).AsList())
                {
                    await EndAsync(session, id, RestartEnd.Decided, by: null, remark: null, now);
                }

                return alarms;
            },
            WritePriority.Low,
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<OpenFailures> ReadOpenAsync(CancellationToken cancellationToken) => database.ReadAsync(
        static async session =>
        {
            // One statement, so that both are of one moment. What failed for good long ago does not come again.
            var rows = await session.Connection.QueryAsync<OpenRow>(
                $"""
                SELECT * FROM (
                    SELECT account, order_id, order_line_id, CAST(NULL AS TEXT) AS same_call FROM watch_orders WHERE {IsOpen} ORDER BY first_at DESC LIMIT @most) o
                UNION ALL
                SELECT * FROM (SELECT '', '', '', same_call FROM watch_restarts WHERE ended_as IS NULL ORDER BY at DESC LIMIT @most) r
                """,
                new { most = MarketplaceWatch.Most });
            var all = rows.AsList();
            return new OpenFailures(
                [.. all.Where(static row => row.SameCall is null).Select(static row => new OrderSeen(row.Account, row.OrderId, row.OrderLineId))],
                [.. all.Select(static row => row.SameCall).OfType<string>()]);
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WatchReport> ReadAsync(string month, DateTimeOffset now, CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session =>
        {
            var asked = new { month, now, most = MostShown, slow = WatchWords.Counts.WordOf(CountKind.Slow), refused = WatchWords.Counts.WordOf(CountKind.Refused) };
            var products = await session.Connection.QueryAsync<MonthRow>(
                $"{SumOfMonth} WHERE month = @month GROUP BY month, account, product_id ORDER BY account, product_id", asked);
            var orders = await session.Connection.QueryAsync<OrderRow>(
                $"SELECT {Columns} FROM watch_orders WHERE month = @month ORDER BY first_at DESC, account, order_id, order_line_id LIMIT @most", asked);
            var restarts = await session.Connection.QueryAsync<RestartRow>(
                $"SELECT {RestartColumns} FROM watch_restarts WHERE {IsListed} ORDER BY call_id DESC LIMIT @most", asked);
            var slow = await session.Connection.QueryAsync<SlowRow>(
                """
                SELECT activity, sum(calls) AS calls, max(slowest) AS slowest FROM watch_counts WHERE month = @month AND kind = @slow
                GROUP BY activity ORDER BY activity
                """,
                asked);
            var refused = await session.Connection.ExecuteScalarAsync<long>(
                "SELECT coalesce(sum(calls), 0) FROM watch_counts WHERE month = @month AND kind = @refused", asked);
            return new WatchReport(
                [.. products.Select(static row => row.ToMonth())],
                [.. orders.Select(static row => row.ToOrder())],
                [.. restarts.Select(static row => row.ToCall())],
                [.. slow.Select(static row => new SlowAnswers(row.Activity, row.Calls, row.Slowest))],
                await ReadTestsAsync(session),
                refused);
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ProductMonth>> ListMonthsAsync(DateTimeOffset now, CancellationToken cancellationToken) => await database.ReadAsync(
        async session => (List<ProductMonth>)[.. (await session.Connection.QueryAsync<MonthRow>(
            $"{SumOfMonth} GROUP BY month, account, product_id ORDER BY month DESC, account, product_id", new { now })).Select(static row => row.ToMonth())],
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WatchCondition> ReadConditionAsync(string month, DateTimeOffset now, CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session =>
        {
            var isFailing = await session.Connection.ExecuteScalarAsync<bool>(
                $"SELECT EXISTS (SELECT 1 FROM watch_orders WHERE {IsOpen} AND fails_at > @now)", new { now });
            var products = await session.Connection.QueryAsync<FailuresRow>(
                $"""
                SELECT account, product_id, count(*) AS orders FROM watch_orders WHERE month = @month AND {IsOpen}
                GROUP BY account, product_id ORDER BY count(*) DESC, account, product_id
                """,
                new { month });
            return new WatchCondition(isFailing, [.. products.Select(static row => new ProductFailures(row.Account, row.ProductId, (int)row.Orders))]);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<RestartCall?> DismissAsync(string callId, string actor, string? reason, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var found = await session.Connection.QuerySingleOrDefaultAsync<RestartRow>(
                $"SELECT {RestartColumns} FROM watch_restarts WHERE call_id = @callId AND {IsListed}", new { callId, now });
            if (found is not null)
            {
                await EndAsync(session, callId, RestartEnd.Dismissed, actor, reason, now);
            }
            else if (session.MayBeStoredAlready)
            {
                // A COMMIT of which nobody knows may have been this one.
                found = await session.Connection.QuerySingleOrDefaultAsync<RestartRow>(
                    $"SELECT {RestartColumns} FROM watch_restarts WHERE call_id = @callId AND ended_at = @now AND ended_by = @actor", new { callId, now, actor });
            }

            return found?.ToCall();
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AccountTests>> ListTestsAsync(DateOnly from, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<AccountTests>>(
        async session =>
        {
            var days = await session.Connection.QueryAsync<TestRow>(
                "SELECT account, day, max(last_at) AS last_at FROM watch_tests WHERE day >= @from GROUP BY account, day ORDER BY account, day DESC",
                new { from = ToText(from) });
            return [.. days.GroupBy(static row => row.Account, StringComparer.Ordinal).Select(static rows =>
                new AccountTests(rows.Key, [.. rows.Select(static row => ToDay(row.Day))], rows.Max(static row => row.LastAt)))];
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> TellStoppedAsync(string account, DateTimeOffset lastAt, CancellationToken cancellationToken)
    {
        var isTold = await database.ReadAsync(
            async session => await session.Connection.ExecuteScalarAsync<bool>(
                "SELECT EXISTS (SELECT 1 FROM watch_silences WHERE account = @account AND last_at >= @lastAt)", new { account, lastAt }),
            cancellationToken);
        return !isTold && await database.WriteAsync(
            async session => await session.Connection.ExecuteAsync(UpsertSilence, new { account, lastAt }) == 1, WritePriority.Low, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteOldAsync(string firstMonth, CancellationToken cancellationToken)
    {
        var before = new DateTimeOffset(DateTime.ParseExact(firstMonth, "yyyy-MM", CultureInfo.InvariantCulture), policy.Offset);
        var asked = new { firstMonth, firstDay = firstMonth + "-01", before, most = BatchSize };

        // All of a product's orders were there before anything else of it was.
        var isDue = await database.ReadAsync(
            async session => await session.Connection.ExecuteScalarAsync<bool>(
                """
                SELECT EXISTS (SELECT 1 FROM watch_orders WHERE month < @firstMonth) OR EXISTS (SELECT 1 FROM watch_restarts WHERE at < @before)
                    OR EXISTS (SELECT 1 FROM watch_counts WHERE month < @firstMonth) OR EXISTS (SELECT 1 FROM watch_tests WHERE day < @firstDay)
                    OR EXISTS (SELECT 1 FROM watch_alarms WHERE month < @firstMonth)
                """,
                asked),
            cancellationToken);
        return isDue && await database.WriteAsync(
            async session =>
            {
                session.Lock(Lock);
                var orders = await session.Connection.ExecuteAsync(
                    """
                    DELETE FROM watch_orders WHERE (account, order_id, order_line_id) IN (
                        SELECT account, order_id, order_line_id FROM watch_orders WHERE month < @firstMonth LIMIT @most)
                    """,
                    asked);
                var restarts = await session.Connection.ExecuteAsync(
                    "DELETE FROM watch_restarts WHERE call_id IN (SELECT call_id FROM watch_restarts WHERE at < @before LIMIT @most)", asked);
                var counts = await session.Connection.ExecuteAsync(
                    """
                    DELETE FROM watch_counts WHERE (month, kind, account, activity, node) IN (
                        SELECT month, kind, account, activity, node FROM watch_counts WHERE month < @firstMonth LIMIT @most)
                    """,
                    asked);
                var tests = await session.Connection.ExecuteAsync(
                    """
                    DELETE FROM watch_tests WHERE (account, activity, day) IN (
                        SELECT account, activity, day FROM watch_tests WHERE day < @firstDay LIMIT @most)
                    """,
                    asked);
                var alarms = await session.Connection.ExecuteAsync(
                    """
                    DELETE FROM watch_alarms WHERE (month, account, product_id) IN (
                        SELECT month, account, product_id FROM watch_alarms WHERE month < @firstMonth LIMIT @most)
                    """,
                    asked);
                return Math.Max(Math.Max(orders, restarts), Math.Max(Math.Max(counts, tests), alarms)) == BatchSize;
            },
            WritePriority.Low,
            cancellationToken);
    }

    private async ValueTask AddAsync(IWriteSession session, OrderNews news, DateTimeOffset now, List<ProductAlarm> alarms)
    {
        if (await FindAsync(session.Connection, news.Key) is { } before)
        {
            // A COMMIT of which nobody knows may have been this one.
            if (!session.MayBeStoredAlready || string.CompareOrdinal(before.LastCallId, news.LastCallId) < 0)
            {
                await ChangeAsync(session, before, before.After(news), now, alarms);
            }

            return;
        }

        // A repeat that is refused takes nothing from an order that was served before. Orders are kept to the second.
        if (news.Begin(policy) is not { } begun
            || await session.Connection.ExecuteScalarAsync<long?>(SelectServed, Asked(news.Key)) < Instants.ToSql(LicenseTime.CutToSecond(begun.FirstAt)))
        {
            return;
        }

        if (begun.ProductId.Length == 0)
        {
            begun = await CompleteAsync(session.Connection, begun);
        }

        await InsertAsync(session, begun, now, alarms);
    }

    private async ValueTask AddAsync(IWriteSession session, PendingRow pending, DateTimeOffset now, List<ProductAlarm> alarms)
    {
        var key = new OrderSeen(pending.Account, pending.OrderId, pending.OrderLineId);
        if (await FindAsync(session.Connection, key) is { } before)
        {
            await ChangeAsync(
                session, before, before with { Attempts = pending.Attempts, ResultMsg = pending.LastError ?? before.ResultMsg, LastAt = now }, now, alarms);
            return;
        }

        var firstAt = pending.Since + PendingOrderRules.WarnAfter;
        await InsertAsync(
            session,
            new FailedOrder(
                key, WatchRules.MonthOf(firstAt, policy), ProductId: "", pending.Activity, firstAt, FailsAt: pending.Since + PendingOrderRules.UnservedAfter)
            {
                LastAt = now,
                Attempts = pending.Attempts,
                ResultCode = policy.PendingResultCode,
                ResultMsg = pending.LastError,
                LastCallId = "",
            },
            now,
            alarms);
    }

    private async ValueTask InsertAsync(IWriteSession session, FailedOrder begun, DateTimeOffset now, List<ProductAlarm> alarms)
    {
        await session.Connection.ExecuteAsync(Insert, OrderRow.From(begun));
        if (begun.RecoveredAt is null)
        {
            await AlarmAsync(session, begun, now, alarms);
        }
    }

    private async ValueTask RecoverAsync(IWriteSession session, FailedOrder before, DateTimeOffset now, List<ProductAlarm> alarms)
    {
        var product = before.ProductId.Length > 0
            ? before.ProductId
            : await session.Connection.ExecuteScalarAsync<string?>(SelectSoldProduct, Asked(before.Key)) ?? "";
        await ChangeAsync(session, before, before with { RecoveredAt = now, ProductId = product }, now, alarms);
    }

    private async ValueTask ChangeAsync(IWriteSession session, FailedOrder before, FailedOrder after, DateTimeOffset now, List<ProductAlarm> alarms)
    {
        await session.Connection.ExecuteAsync(Update, OrderRow.From(after));
        if (before.ProductId != after.ProductId)
        {
            // It counted elsewhere.
            await AlarmAsync(session, before, now, alarms);
        }

        if (before.ProductId != after.ProductId || before.RecoveredAt is null != after.RecoveredAt is null)
        {
            await AlarmAsync(session, after, now, alarms);
        }
    }

    // One order more or less: told at each threshold, each time it is reached from below.
    private async ValueTask AlarmAsync(IWriteSession session, FailedOrder order, DateTimeOffset now, List<ProductAlarm> alarms)
    {
        var asked = new { month = order.Month, account = order.Key.Account, product = order.ProductId, now };
        var counts = await session.Connection.QuerySingleAsync<CountsRow>(SelectCounts, asked);
        var told = await session.Connection.ExecuteScalarAsync<long?>(SelectTold, asked) ?? 0;
        var reached = WatchRules.ThresholdOf((int)(counts.Failing + counts.Failed));
        if (reached == told)
        {
            return;
        }

        await session.Connection.ExecuteAsync(UpsertTold, new { month = order.Month, account = order.Key.Account, product = order.ProductId, told = reached });
        if (reached > told)
        {
            var alarm = new ProductAlarm(order, (int)counts.Failing, (int)counts.Failed, LicenseTime.CutToMillisecond(now));
            alarms.Add(alarm);
            OutboxRows.Add(session, OutboxRows.Prepare(outbox.MessagesOf(alarm.ToNotice(policy.MostFailed))));
        }
    }

    private static async ValueTask AddAsync(IWriteSession session, string same, RestartNews news)
    {
        var open = await session.Connection.ExecuteScalarAsync<string?>(SelectRestart, new { same });
        if (open is null)
        {
            if (news is { First: { } first, Last: { } last, SucceededAt: null })
            {
                await session.Connection.ExecuteAsync(InsertRestart, new
                {
                    id = first.Id,
                    same,
                    at = first.At,
                    account = first.Account,
                    activity = first.Habit.Activity,
                    instance = first.InstanceId,
                    order = first.OrderId,
                    line = first.OrderLineId,
                    code = last.ResultCode,
                    msg = last.ResultMsg,
                    from = WatchRules.RepeatedUntil(first.At, first.Habit),
                });
            }

            return;
        }

        if (news.Last is { } newest)
        {
            await session.Connection.ExecuteAsync(UpdateRestart, new { id = open, code = newest.ResultCode, msg = newest.ResultMsg });
        }

        if (news.SucceededAt is { } succeededAt)
        {
            await EndAsync(session, open, RestartEnd.Succeeded, by: null, remark: null, succeededAt);
        }
    }

    private static async ValueTask EndAsync(IWriteSession session, string id, RestartEnd end, string? by, string? remark, DateTimeOffset at) =>
        await session.Connection.ExecuteAsync(EndRestart, new { id, end = WatchWords.Ends.WordOf(end), by, remark, at });

    private static async ValueTask<FailedOrder> CompleteAsync(DbConnection connection, FailedOrder order) =>
        await connection.QuerySingleOrDefaultAsync<RefusedRow>(SelectRefused, Asked(order.Key)) is { } known
            ? order with
            {
                ProductId = known.ProductId,
                CustomerId = order.CustomerId ?? known.CustomerId,
                CustomerName = order.CustomerName ?? known.CustomerName,
            }
            : order;

    private static async ValueTask<FailedOrder?> FindAsync(DbConnection connection, OrderSeen key) =>
        (await connection.QuerySingleOrDefaultAsync<OrderRow>(SelectOrder, key))?.ToOrder();

    private static object Asked(OrderSeen key) => new { key.Account, key.OrderId, key.OrderLineId, test = false };

    private static async ValueTask<IReadOnlyList<DialTest>> ReadTestsAsync(IReadSession session)
    {
        var rows = await session.Connection.QueryAsync<TestRow>(
            "SELECT account, activity, day, last_at, result_code, failed FROM watch_tests ORDER BY account, activity, day DESC");
        return [.. rows.GroupBy(static row => (row.Account, row.Activity)).Select(static rows =>
        {
            DialDay[] days = [.. rows.Select(static row => new DialDay(ToDay(row.Day), row.LastAt, row.ResultCode, row.Failed))];
            return new DialTest(rows.Key.Account, rows.Key.Activity, days[0], WatchRules.FailedDays(days));
        })];
    }

    private static string ToText(DateOnly day) => day.ToString(DayForm, CultureInfo.InvariantCulture);

    private static DateOnly ToDay(string text) => DateOnly.ParseExact(text, DayForm, CultureInfo.InvariantCulture);

    private sealed class OrderRow
    {
        public string Account { get; init; } = "";

        public string OrderId { get; init; } = "";

        public string OrderLineId { get; init; } = "";

        public string Month { get; init; } = "";

        public string ProductId { get; init; } = "";

        public string Activity { get; init; } = "";

        public DateTimeOffset FirstAt { get; init; }

        public DateTimeOffset LastAt { get; init; }

        public int Attempts { get; init; }

        public bool Unheard { get; init; }

        public string? ResultCode { get; init; }

        public string? ResultMsg { get; init; }

        public string? CustomerId { get; init; }

        public string? CustomerName { get; init; }

        public DateTimeOffset FailsAt { get; init; }

        public DateTimeOffset? RecoveredAt { get; init; }

        public string LastCallId { get; init; } = "";

        public static OrderRow From(FailedOrder order) => new()
        {
            Account = order.Key.Account,
            OrderId = order.Key.OrderId,
            OrderLineId = order.Key.OrderLineId,
            Month = order.Month,
            ProductId = order.ProductId,
            Activity = order.Activity,
            FirstAt = order.FirstAt,
            LastAt = order.LastAt,
            Attempts = order.Attempts,
            Unheard = order.IsUnheard,
            ResultCode = order.ResultCode,
            ResultMsg = order.ResultMsg,
            CustomerId = order.CustomerId,
            CustomerName = order.CustomerName,
            FailsAt = order.FailsAt,
            RecoveredAt = order.RecoveredAt,
            LastCallId = order.LastCallId,
        };

        public FailedOrder ToOrder() => new(new OrderSeen(Account, OrderId, OrderLineId), Month, ProductId, Activity, FirstAt, FailsAt)
        {
            LastAt = LastAt,
            Attempts = Attempts,
            IsUnheard = Unheard,
            ResultCode = ResultCode,
            ResultMsg = ResultMsg,
            CustomerId = CustomerId,
            CustomerName = CustomerName,
            RecoveredAt = RecoveredAt,
            LastCallId = LastCallId,
        };
    }

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

    private sealed class OpenRow
    {
        public string Account { get; init; } = "";

        public string OrderId { get; init; } = "";

        public string OrderLineId { get; init; } = "";

        public string? SameCall { get; init; }
    }

    private sealed class RestartRow
    {
        public string CallId { get; init; } = "";

        public DateTimeOffset At { get; init; }

        public string Account { get; init; } = "";

        public string Activity { get; init; } = "";

        public string? InstanceId { get; init; }

        public string? OrderId { get; init; }

        public string ResultCode { get; init; } = "";

        public string ResultMsg { get; init; } = "";

        public RestartCall ToCall() => new(CallId, At, Account, Activity, InstanceId, OrderId, ResultCode, ResultMsg);
    }

    private sealed class MonthRow
    {
        public string Month { get; init; } = "";

        public string Account { get; init; } = "";

        public string ProductId { get; init; } = "";

        public long Failing { get; init; }

        public long Failed { get; init; }

        public long Recovered { get; init; }

        public ProductMonth ToMonth() => new(Month, Account, ProductId, (int)Failing, (int)Failed, (int)Recovered);
    }

    private sealed class SlowRow
    {
        public string Activity { get; init; } = "";

        public long Calls { get; init; }

        public long Slowest { get; init; }
    }

    private sealed class FailuresRow
    {
        public string Account { get; init; } = "";

        public string ProductId { get; init; } = "";

        public long Orders { get; init; }
    }

    private sealed class CountsRow
    {
        public long Failing { get; init; }

        public long Failed { get; init; }
    }

    private sealed class TestRow
    {
        public string Account { get; init; } = "";

        public string Activity { get; init; } = "";

        public string Day { get; init; } = "";

        public DateTimeOffset LastAt { get; init; }

        public string ResultCode { get; init; } = "";

        public bool Failed { get; init; }
    }
}
