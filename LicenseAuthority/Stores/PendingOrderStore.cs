using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Orders with their instance ids in the database. Thread-safe.</summary>
internal sealed class PendingOrderStore(IDatabase database) : IPendingOrderStore, IPendingOrderFigures
{
    // Clocks of nodes that differ by more cannot serve the same marketplace: each must be within a minute of its time. A claim is shorter than the longest wait.
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromMinutes(3);

    private const string IsOrder = "order_id = @OrderId AND order_line_id = @OrderLineId AND account = @Account AND test = @Test";

    private const string IsInstance = "instance_id = @instanceId";

    // A claim that lasts longer than any is none: the clock was ahead when it was made, and has been set back.
    private const string IsUnclaimed = "(claimed_until IS NULL OR claimed_until <= @now OR claimed_until > @soon)";

    private const string FromDue = $"FROM pending_orders WHERE {PendingOrderRow.IsOpen} AND next_attempt_at <= @now AND {IsUnclaimed}";

    // The same with an attempt that is further ahead than any wait: that of an order told as unserved is longer, unless that was told by a clock that was ahead.
    private const string IsTooFarAhead = "next_attempt_at > @soon AND (unserved_at IS NULL OR unserved_at > @now OR next_attempt_at > @horizon)";

    // And with one that was given up and is too young for that.
    private const string IsTooYoung = "next_attempt_at IS NULL AND since > @youngest";

    private const string IsOfOthers = "AND account NOT IN @except";

    // They are due. That nothing counts which a clock that was ahead had told, is for a clock in no doubt to say: one that is behind for a moment would have every
    // order seem old as soon as it is right again.
    private const string UpdateStranded =
        $"""
        UPDATE pending_orders SET
            next_attempt_at = @now,
            since = CASE WHEN @clockIsSettled AND since > @now THEN @now ELSE since END,
            warned_at = CASE WHEN @clockIsSettled AND warned_at > @now THEN NULL ELSE warned_at END,
            unserved_at = CASE WHEN @clockIsSettled AND unserved_at > @now THEN NULL ELSE unserved_at END
        WHERE {PendingOrderRow.IsOpen} AND ({IsTooFarAhead} OR {IsTooYoung})
        """;

    internal const string SelectOpen =
        $"""
        SELECT {PendingOrderRow.Columns} FROM pending_orders
        WHERE {PendingOrderRow.IsOpen} AND instance_id < @before
        ORDER BY instance_id DESC
        LIMIT @limit
        """;

    // Prefixes of ids are ASCII.
    private const string AfterAllIds = "~";

    private const string Insert =
        """
        INSERT INTO pending_orders (instance_id, account, test, order_id, order_line_id, activity, since, attempts, next_attempt_at, trial)
        VALUES (@InstanceId, @Account, @Test, @OrderId, @OrderLineId, @Activity, @Since, @Attempts, @NextAttemptAt, @trial)
        ON CONFLICT DO NOTHING
        """;

    private const string UpdateClaimed = "UPDATE pending_orders SET claimed_until = @until, attempts = attempts + 1 WHERE instance_id IN @ids";

    // Without a claim it is a call's own attempt, beside those in the background.
    private const string UpdateFailed =
        $"""
        UPDATE pending_orders SET
            attempts = CASE WHEN claimed_until = @ClaimedUntil THEN attempts ELSE attempts + 1 END,
            next_attempt_at = @NextAttemptAt, last_error = @LastError,
            warned_at = coalesce(warned_at, @WarnedAt), unserved_at = coalesce(unserved_at, @UnservedAt),
            claimed_until = CASE WHEN claimed_until = @ClaimedUntil THEN NULL ELSE claimed_until END
        WHERE {IsInstance} AND {PendingOrderRow.IsOpen} AND (@isUnclaimed OR claimed_until = @ClaimedUntil)
        """;

    private const string UpdateUnclaimed =
        $"UPDATE pending_orders SET claimed_until = NULL, attempts = attempts - 1 WHERE {IsInstance} AND {PendingOrderRow.IsOpen} AND claimed_until = @ClaimedUntil";

    private const string UpdateReopened =
        $"""
        UPDATE pending_orders SET ended_as = NULL, since = @now, attempts = 0, next_attempt_at = @next, claimed_until = NULL, last_error = NULL,
            warned_at = NULL, unserved_at = NULL
        WHERE {IsInstance}
        """;

    private const string UpdateEnded =
        $"""
        UPDATE pending_orders SET ended_as = @end, next_attempt_at = NULL, claimed_until = NULL WHERE {IsInstance} AND {PendingOrderRow.IsOpen}
        """;

    internal const string SelectSlow =
        $"""
        SELECT EXISTS (SELECT 1 FROM pending_orders WHERE {PendingOrderRow.IsOpen} AND test = @test AND unserved_at IS NULL AND since <= @slow)
        """;

    internal const string SelectFigures = $"SELECT count(*), min(since) FROM pending_orders WHERE {PendingOrderRow.IsOpen} AND test = @test";

    /// <inheritdoc/>
    public ValueTask<PendingOrder?> FindAsync(PendingOrderKey key, CancellationToken cancellationToken) =>
        database.ReadAsync(session => PendingOrderRow.FindAsync(session, IsOrder, key), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PendingOrder?> FindAsync(string instanceId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => PendingOrderRow.FindAsync(session, IsInstance, new { instanceId }), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<PendingOrder>> FindAllAsync(
        string account, IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken) => await database.ReadAsync(
        session => ListAsync(
            session, $"SELECT {PendingOrderRow.Columns} FROM pending_orders WHERE instance_id IN @instanceIds AND account = @account", new { instanceIds, account }),
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<PendingOrder>> ListAsync(string? beforeInstanceId, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(session => ListAsync(session, SelectOpen, new { before = beforeInstanceId ?? AfterAllIds, limit }), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> HasSlowAsync(DateTimeOffset now, CancellationToken cancellationToken) => database.ReadAsync(
        async session => await session.Connection.ExecuteScalarAsync<bool>(SelectSlow, new { test = false, slow = now - PendingOrderRules.WarnAfter }),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PendingOrderFigures> ReadAsync(CancellationToken cancellationToken) => database.ReadAsync(
        static async session => (await session.Prepared(SelectFigures).Bind(false)
            .QuerySingleOrDefaultAsync(static row => new PendingOrderFigures(row.GetInt64(0), Instants.FromSql(row.GetInt64OrNull(1)))))!,
        cancellationToken);

    /// <inheritdoc/>
    public Task<PendingOrder> AllotAsync(PendingOrder order, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.Connection.ExecuteAsync(
                Insert,
                new
                {
                    order.InstanceId,
                    order.Key.Account,
                    order.Key.Test,
                    order.Key.OrderId,
                    order.Key.OrderLineId,
                    order.Activity,
                    order.Since,
                    order.Attempts,
                    order.NextAttemptAt,
                    trial = false,
                });
            return (await PendingOrderRow.FindAsync(session, IsOrder, order.Key))!;
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public Task<PendingOrder> ReopenAsync(PendingOrder order, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Lock(PendingOrderRow.Lock(order.InstanceId));
            var found = await PendingOrderRow.FindAsync(session, IsInstance, new { instanceId = order.InstanceId });
            if (found!.End is null or PendingOrderEnd.Served)
            {
                return found;
            }

            await session.Connection.ExecuteAsync(
                UpdateReopened, new { instanceId = order.InstanceId, now, next = now + PendingOrderRules.FirstWait });
            return (await PendingOrderRow.FindAsync(session, IsInstance, new { instanceId = order.InstanceId }))!;
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PendingOrder>> ClaimDueAsync(
        int most, IReadOnlyCollection<string> except, DateTimeOffset now, bool clockIsSettled, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var asked = new
        {
            most,
            except,
            now,
            clockIsSettled,
            until,
            soon = now + PendingOrderRules.LongestWait + ClocksDiffer,
            horizon = now + PendingOrderRules.UnservedWait + ClocksDiffer,
            youngest = now - PendingOrderRules.GiveUpAfter + ClocksDiffer,
        };
        var isOfOthers = except.Count == 0 ? "" : IsOfOthers;

        // Nearly always there is nothing, and nobody need wait for the writer.
        return await database.ReadAsync(async session => await session.Connection.ExecuteScalarAsync<bool>(SelectIsDue(isOfOthers), asked), cancellationToken)
            ? await database.WriteAsync(ClaimAsync, WritePriority.Normal, cancellationToken)
            : [];

        async ValueTask<List<PendingOrder>> ClaimAsync(IWriteSession session)
        {
            await session.Connection.ExecuteAsync(UpdateStranded, asked);
            var ids = (await session.Connection.QueryAsync<string>($"{SelectDue(isOfOthers)} {session.Dialect.ForUpdateSkipLocked}", asked)).AsList();
            if (ids.Count == 0)
            {
                return [];
            }

            await session.Connection.ExecuteAsync(UpdateClaimed, new { until, ids });
            return await ListAsync(session, $"SELECT {PendingOrderRow.Columns} FROM pending_orders WHERE instance_id IN @ids", new { ids });
        }
    }

    /// <inheritdoc/>
    public Task<bool> FailedAsync(PendingOrder order, AnsweredNonce? nonce, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (nonce is not null && !await NonceRows.IsFreeAsync(session, nonce.Nonce))
            {
                return await NonceRows.IsStoredAsync(session, nonce);
            }

            await session.Connection.ExecuteAsync(
                UpdateFailed,
                new
                {
                    instanceId = order.InstanceId,
                    order.NextAttemptAt,
                    order.LastError,
                    order.WarnedAt,
                    order.UnservedAt,
                    order.ClaimedUntil,
                    isUnclaimed = order.ClaimedUntil is null,
                });
            UseUp(session, nonce);
            return true;
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public Task ReleaseClaimAsync(PendingOrder order, CancellationToken cancellationToken) =>
        WriteAsync(UpdateUnclaimed, new { instanceId = order.InstanceId, order.ClaimedUntil }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> EndAsync(
        PendingOrder order, PendingOrderEnd end, string actor, DateTimeOffset now, AnsweredNonce? nonce, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                if (nonce is not null && !await NonceRows.IsFreeAsync(session, nonce.Nonce))
                {
                    return await NonceRows.IsStoredAsync(session, nonce);
                }

                session.Lock(PendingOrderRow.Lock(order.InstanceId));
                var word = LicenseWords.PendingOrderEnds.WordOf(end);
                if (await session.Connection.ExecuteAsync(UpdateEnded, new { instanceId = order.InstanceId, end = word }) == 0)
                {
                    // A COMMIT of which nobody knows may have been this one.
                    return session.MayBeStoredAlready
                        && await PendingOrderRow.FindAsync(session, IsInstance, new { instanceId = order.InstanceId }) is { End: { } ended } && ended == end;
                }

                UnservedOrderRows.Dismiss(
                    session, order, actor, now, end == PendingOrderEnd.Released ? "the instance was released" : "the order was taken back");
                UseUp(session, nonce);
                return true;
            },
            WritePriority.Normal,
            cancellationToken);

    internal static string SelectDue(string more = "") => $"SELECT instance_id {FromDue} {more} ORDER BY next_attempt_at LIMIT @most";

    internal static string SelectIsDue(string more = "") =>
        
        $"""
        SELECT EXISTS (SELECT 1 {FromDue} {more})
            OR EXISTS (SELECT 1 FROM pending_orders WHERE {PendingOrderRow.IsOpen} AND {IsTooFarAhead})
            OR EXISTS (SELECT 1 FROM pending_orders WHERE {PendingOrderRow.IsOpen} AND {IsTooYoung})
        """;

    private static void UseUp(IWriteSession session, AnsweredNonce? nonce)
    {
        if (nonce is not null)
        {
            NonceRows.Add(session, nonce);
        }
    }

    private static async ValueTask<List<PendingOrder>> ListAsync(IReadSession session, string sql, object parameters) =>
        [.. (await session.Connection.QueryAsync<PendingOrderRow>(sql, parameters)).Select(static row => row.ToOrder())];

    private Task<int> WriteAsync(string sql, object parameters, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.Connection.ExecuteAsync(sql, parameters), WritePriority.Normal, cancellationToken);
}
