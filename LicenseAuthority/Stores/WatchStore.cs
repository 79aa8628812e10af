using System.Globalization;
using Dapper;
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

    // A process' own total only grows.
    private const string UpsertCount =
        """
        INSERT INTO watch_counts (month, kind, account, activity, node, calls, slowest) VALUES (@month, @kind, @account, @activity, @node, @calls, @slowest)
        ON CONFLICT (month, kind, account, activity, node) DO UPDATE SET calls = excluded.calls, slowest = excluded.slowest
        WHERE excluded.calls > watch_counts.calls
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

    /// <inheritdoc/>
    public Task<IReadOnlyList<ProductAlarm>> AddAsync(WatchNews news, string node, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<ProductAlarm>>(
            async session =>
            {
                session.Lock(Lock);
                var orders = new WatchOrderChanges(session, outbox, policy, now);
                foreach (var order in news.Orders.Values)
                {
                    await orders.AddAsync(order);
                }

                foreach (var (same, call) in news.Restarts)
                {
                    await WatchRestartRow.AddAsync(session, same, call);
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
                        WatchTestRow.Upsert,
                        new
                        {
                            account = key.Account,
                            activity = key.Activity,
                            day = WatchTestRow.ToText(day.Day),
                            lastAt = day.LastAt,
                            code = day.LastResultCode,
                            failed = day.Failed,
                        });
                }

                return orders.Alarms;
            },

            // A call that was refused waits for it.
            WritePriority.Upkeep,
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
                $"SELECT EXISTS (SELECT 1 {WatchOrderChanges.FromPending}) OR EXISTS (SELECT 1 {WatchOrderChanges.FromServed}) OR EXISTS (SELECT 1 {WatchOrderChanges.FromNamed}) OR EXISTS (SELECT 1 {WatchRestartRow.FromDecided})", asked),
            cancellationToken);
        if (!isDue)
        {
            return [];
        }

        return await database.WriteAsync<IReadOnlyList<ProductAlarm>>(
            async session =>
            {
                session.Lock(Lock);
                var orders = new WatchOrderChanges(session, outbox, policy, now);
                await orders.AddPendingAsync(asked);
                await orders.RecoverServedAsync(asked);
                await orders.NameAsync(asked);
                foreach (var id in (await session.Connection.QueryAsync<string>($"SELECT r.call_id {WatchRestartRow.FromDecided} LIMIT @most", asked)).AsList())
                {
                    await WatchRestartRow.EndAsync(session, id, RestartEnd.Decided, by: null, remark: null, now);
                }

                return orders.Alarms;
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
                    SELECT account, order_id, order_line_id, CAST(NULL AS TEXT) AS same_call FROM watch_orders
                    WHERE {WatchOrderRow.IsOpen} ORDER BY first_at DESC LIMIT @most) o
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
            var orders = await session.Connection.QueryAsync<WatchOrderRow>(
                $"SELECT {WatchOrderRow.Columns} FROM watch_orders WHERE month = @month ORDER BY first_at DESC, account, order_id, order_line_id LIMIT @most", asked);
            var restarts = await session.Connection.QueryAsync<WatchRestartRow>(
                $"SELECT {WatchRestartRow.Columns} FROM watch_restarts WHERE {WatchRestartRow.IsListed} ORDER BY call_id DESC LIMIT @most", asked);
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
                await WatchTestRow.ReadAsync(session),
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
                $"SELECT EXISTS (SELECT 1 FROM watch_orders WHERE {WatchOrderRow.IsOpen} AND fails_at > @now)", new { now });
            var products = await session.Connection.QueryAsync<FailuresRow>(
                $"""
                SELECT account, product_id, count(*) AS orders FROM watch_orders WHERE month = @month AND {WatchOrderRow.IsOpen}
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
            var found = await session.Connection.QuerySingleOrDefaultAsync<WatchRestartRow>(
                $"SELECT {WatchRestartRow.Columns} FROM watch_restarts WHERE call_id = @callId AND {WatchRestartRow.IsListed}", new { callId, now });
            if (found is not null)
            {
                await WatchRestartRow.EndAsync(session, callId, RestartEnd.Dismissed, actor, reason, now);
            }
            else if (session.MayBeStoredAlready)
            {
                // A COMMIT of which nobody knows may have been this one.
                found = await session.Connection.QuerySingleOrDefaultAsync<WatchRestartRow>(
                    $"SELECT {WatchRestartRow.Columns} FROM watch_restarts WHERE call_id = @callId AND ended_at = @now AND ended_by = @actor", new { callId, now, actor });
            }

            return found?.ToCall();
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AccountTests>> ListTestsAsync(DateOnly from, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<AccountTests>>(
        async session =>
        {
            var days = await session.Connection.QueryAsync<WatchTestRow>(
                "SELECT account, day, max(last_at) AS last_at FROM watch_tests WHERE day >= @from GROUP BY account, day ORDER BY account, day DESC",
                new { from = WatchTestRow.ToText(from) });
            return [.. days.GroupBy(static row => row.Account, StringComparer.Ordinal).Select(static rows =>
                new AccountTests(rows.Key, [.. rows.Select(static row => WatchTestRow.ToDay(row.Day))], rows.Max(static row => row.LastAt)))];
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

    private sealed class OpenRow
    {
        public string Account { get; init; } = "";

        public string OrderId { get; init; } = "";

        public string OrderLineId { get; init; } = "";

        public string? SameCall { get; init; }
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

}
