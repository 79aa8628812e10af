using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The outbox in the database. All writes are of low priority: issuing goes first. Thread-safe.</summary>
internal sealed class OutboxStore(IDatabase database) : IOutboxStore, IOutboxFigures
{
    private const string IsPending = "delivered_at IS NULL AND parked_at IS NULL";

    // A claim that lasts longer than any is none: the clock was ahead when it was made, and has been set back.
    private const string IsUnclaimed = "(claimed_until IS NULL OR claimed_until <= @now OR claimed_until > @horizon)";

    // Due, unclaimed, and with no earlier one before it in its order.
    private const string FromDue =
        """
        FROM outbox o
        WHERE o.destination_kind = @kind AND o.destination_id = @destination AND o.next_attempt_at <= @now
            AND o.delivered_at IS NULL AND o.parked_at IS NULL
            AND (o.claimed_until IS NULL OR o.claimed_until <= @now OR o.claimed_until > @horizon)
            AND NOT EXISTS (
                SELECT 1 FROM outbox e
                WHERE e.destination_kind = o.destination_kind AND e.destination_id = o.destination_id AND e.ordering_key = o.ordering_key
                    AND e.id < o.id AND e.delivered_at IS NULL AND e.parked_at IS NULL)
        """;

    internal const string SelectIsDue = $"SELECT TRUE {FromDue} LIMIT 1";

    internal const string SelectDue =
        $"""
        SELECT o.id, o.message_id, o.ordering_key, o.payload, o.attempts, o.failures, o.give_up_at
        {FromDue}
        ORDER BY o.next_attempt_at, o.id
        LIMIT @most
        """;

    // Further ahead than any wait: the clock was ahead when it was written, and has been set back. It is due.
    private const string FromStranded =
        $"FROM outbox WHERE destination_kind = @kind AND destination_id = @destination AND next_attempt_at > @horizon AND {IsPending}";

    internal const string SelectIsStranded = $"SELECT TRUE {FromStranded} LIMIT 1";

    private const string UpdateClaimed = "UPDATE outbox SET claimed_until = @until, attempts = attempts + 1 WHERE id = @id";

    // The number of attempts is the claim's: whoever lost it to a later one records nothing.
    private const string OfClaim = $"WHERE id = @id AND attempts = @attempts AND claimed_until IS NOT NULL AND {IsPending}";

    private const string RecordAttempt =
        "claimed_until = NULL, last_attempt_at = @now, last_status = @status, last_error = @error, last_answer = @answer";

    private const string UpdateDelivered = $"UPDATE outbox SET {RecordAttempt}, delivered_at = @now {OfClaim}";

    private const string UpdateParked = $"UPDATE outbox SET {RecordAttempt}, failures = failures + 1, parked_at = @now {OfClaim}";

    private const string UpdateFailed = $"UPDATE outbox SET {RecordAttempt}, failures = failures + 1, next_attempt_at = @next {OfClaim}";

    // They would be found due, and blocked, each second.
    private const string UpdateBehind =
        $"""
        UPDATE outbox SET next_attempt_at = @next
        WHERE destination_kind = @kind AND destination_id = @destination AND ordering_key = @ordering_key AND id > @id AND next_attempt_at < @next AND {IsPending}
        """;

    // An operator may have had the first one sent before its time; those behind it need not wait for that any more.
    private const string UpdateNext =
        $"""
        UPDATE outbox SET next_attempt_at = @now
        WHERE destination_kind = @kind AND destination_id = @destination AND ordering_key = @ordering_key AND id > @id AND next_attempt_at > @now AND {IsPending}
        """;

    private const string UpdateReleased = $"UPDATE outbox SET claimed_until = NULL, next_attempt_at = @now {OfClaim}";

    private const string UpdateResent =
        $"""
        UPDATE outbox SET delivered_at = NULL, parked_at = NULL, claimed_until = NULL, next_attempt_at = @now, failures = 0, give_up_at = @give_up_at
        WHERE message_id = @message_id AND destination_kind = @kind AND destination_id = @destination
            AND {IsUnclaimed}
        """;

    private const string Columns =
        """
        id, message_id, ordering_key, type, payload, created_at, attempts, next_attempt_at, last_attempt_at, last_status, last_error, last_answer,
        delivered_at, parked_at
        """;

    private const string SelectOne =
        $"SELECT {Columns} FROM outbox WHERE message_id = @message_id AND destination_kind = @kind AND destination_id = @destination";

    // min(give_up_at) and not min(created_at): a message that was sent again counts from then on.
    internal const string SelectPendingFigures = $"SELECT COUNT(*), min(give_up_at) FROM outbox WHERE {IsPending}";

    internal const string SelectParkedCount = "SELECT COUNT(*) FROM outbox WHERE parked_at IS NOT NULL";

    /// <inheritdoc/>
    public async ValueTask<bool> IsDueAsync(string kind, string destinationId, DateTimeOffset now, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async session =>
                await session.Prepared(SelectIsDue)
                    .Bind(kind, destinationId, Instants.ToSql(now), Horizon(now))
                    .QuerySingleOrDefaultAsync(static row => row.GetBoolean(0))
                || await session.Prepared(SelectIsStranded)
                    .Bind(kind, destinationId, Horizon(now))
                    .QuerySingleOrDefaultAsync(static row => row.GetBoolean(0)),
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ClaimedMessage>> ClaimAsync(
        string kind, string destinationId, int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        return database.WriteAsync(ClaimAsync, WritePriority.Low, cancellationToken);

        async ValueTask<IReadOnlyList<ClaimedMessage>> ClaimAsync(IWriteSession session)
        {
            await session.Prepared(
                $"""
                UPDATE outbox SET next_attempt_at = @now
                WHERE id IN (SELECT id {FromStranded} LIMIT {IOutboxStore.BatchSize} {session.Dialect.ForUpdateSkipLocked})
                """)
                .Bind(Instants.ToSql(now), kind, destinationId, Horizon(now))
                .ExecuteAsync();
            var due = await session.Prepared($"{SelectDue} {session.Dialect.ForUpdateSkipLocked}")
                .Bind(kind, destinationId, Instants.ToSql(now), Horizon(now), most)
                .QueryAsync(row => new ClaimedMessage(
                    row.GetInt64(0), row.GetString(1), kind, destinationId, row.GetStringOrNull(2), row.GetString(3), row.GetInt32(4) + 1,
                    row.GetInt32(5), Instants.FromSql(row.GetInt64(6))));
            await session.ExecuteEachAsync(UpdateClaimed, due.ConvertAll(message => (SqlValue[])[Instants.ToSql(until), message.Number]));
            return due;
        }
    }

    /// <inheritdoc/>
    public Task DeliveredAsync(ClaimedMessage message, SendResult result, DateTimeOffset now, CancellationToken cancellationToken) => WriteAsync(
        async session =>
        {
            var recorded = await session.Prepared(UpdateDelivered).Bind([.. Attempt(result, now), .. Claim(message)]).ExecuteAsync();

            // Only behind one that failed before anything was put off.
            if (recorded == 1 && message is { Attempts: > 1, OrderingKey: { } key })
            {
                session.Prepared(UpdateNext).Bind(Instants.ToSql(now), message.DestinationKind, message.DestinationId, key, message.Number).Enqueue();
            }

            return recorded;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task FailedAsync(ClaimedMessage message, SendResult result, DateTimeOffset now, DateTimeOffset nextAttemptAt, CancellationToken cancellationToken)
    {
        var next = Instants.ToSql(nextAttemptAt);
        return WriteAsync(
            async session =>
            {
                var recorded = await session.Prepared(UpdateFailed).Bind([.. Attempt(result, now), next, .. Claim(message)]).ExecuteAsync();
                if (recorded == 1 && message.OrderingKey is { } key)
                {
                    session.Prepared(UpdateBehind).Bind(next, message.DestinationKind, message.DestinationId, key, message.Number).Enqueue();
                }

                return recorded;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task ParkedAsync(ClaimedMessage message, SendResult result, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync(session => session.Prepared(UpdateParked).Bind([.. Attempt(result, now), .. Claim(message)]).ExecuteAsync(), cancellationToken);

    /// <inheritdoc/>
    public Task ReleaseAsync(ClaimedMessage message, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync(session => session.Prepared(UpdateReleased).Bind([Instants.ToSql(now), .. Claim(message)]).ExecuteAsync(), cancellationToken);

    /// <inheritdoc/>
    public Task<int> ParkAllAsync(string kind, string destinationId, string reason, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteBatchAsync(
            $"""
            UPDATE outbox SET parked_at = @now, last_error = coalesce(last_error, @reason)
            WHERE id IN (
                SELECT id FROM outbox
                WHERE destination_kind = @kind AND destination_id = @destination AND {IsPending} AND {IsUnclaimed}
                LIMIT {IOutboxStore.BatchSize} {database.Dialect.ForUpdateSkipLocked})
            """,
            [Instants.ToSql(now), reason, kind, destinationId, Horizon(now)],
            cancellationToken);

    /// <inheritdoc/>
    public Task<int> DeleteAllAsync(string kind, string destinationId, CancellationToken cancellationToken) =>
        WriteBatchAsync(
            $"""
            DELETE FROM outbox
            WHERE id IN (
                SELECT id FROM outbox WHERE destination_kind = @kind AND destination_id = @destination
                LIMIT {IOutboxStore.BatchSize} {database.Dialect.ForUpdateSkipLocked})
            """,
            [kind, destinationId],
            cancellationToken);

    /// <inheritdoc/>
    public Task<int> DeleteDeliveredAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
        WriteBatchAsync(
            $"""
            DELETE FROM outbox
            WHERE id IN (
                SELECT id FROM outbox WHERE delivered_at < @before
                LIMIT {IOutboxStore.BatchSize} {database.Dialect.ForUpdateSkipLocked})
            """,
            [Instants.ToSql(before)],
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<MessageRecord>> ListAsync(
        string kind, string destinationId, MessageStatus? status, long beforeNumber, int limit, CancellationToken cancellationToken)
    {
        // One text per filter, so that each uses the index that fits it.
        var condition = status switch
        {
            null => "",
            MessageStatus.Pending => $"AND {IsPending}",
            MessageStatus.Delivered => "AND delivered_at IS NOT NULL",
            _ => "AND parked_at IS NOT NULL",
        };
        var sql =
            $"""
            SELECT {Columns} FROM outbox
            WHERE destination_kind = @kind AND destination_id = @destination AND id < @before {condition}
            ORDER BY id DESC
            LIMIT @limit
            """;
        return await database.ReadAsync(
            session => session.Prepared(sql).Bind(kind, destinationId, beforeNumber, limit).QueryAsync(ReadRecord), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MessageRecord?> ResendAsync(
        string kind, string destinationId, string messageId, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Prepared(UpdateResent)
                .Bind(Instants.ToSql(now), Instants.ToSql(now + Backoff.GiveUpAfter), messageId, kind, destinationId, Horizon(now))
                .Enqueue();
            return await session.Prepared(SelectOne).Bind(messageId, kind, destinationId).QuerySingleOrDefaultAsync(ReadRecord);
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OutboxFigures> ReadAsync(CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session =>
        {
            var (pending, oldest) = await session.Prepared(SelectPendingFigures)
                .QuerySingleOrDefaultAsync(static row => (row.GetInt64(0), Instants.FromSql(row.GetInt64OrNull(1))));
            var parked = await session.Prepared(SelectParkedCount).QuerySingleOrDefaultAsync(static row => row.GetInt64(0));
            return new OutboxFigures(pending, parked, oldest - Backoff.GiveUpAfter);
        },
        cancellationToken);

    // A claim lasts some minutes and a wait some hours: no honest instant lies behind it.
    private static long Horizon(DateTimeOffset now) => Instants.ToSql(now + Backoff.Longest);

    private static SqlValue[] Attempt(SendResult result, DateTimeOffset now) => [Instants.ToSql(now), (long?)result.Status, result.Error, result.Answer];

    private static SqlValue[] Claim(ClaimedMessage message) => [message.Number, message.Attempts];

    private static MessageRecord ReadRecord(Row row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.GetStringOrNull(2),
        row.GetString(3),
        row.GetString(4),
        Instants.FromSql(row.GetInt64(5)),
        row.GetInt32(6),
        Instants.FromSql(row.GetInt64(7)),
        Instants.FromSql(row.GetInt64OrNull(8)),
        (int?)row.GetInt64OrNull(9),
        row.GetStringOrNull(10),
        row.GetStringOrNull(11),
        Instants.FromSql(row.GetInt64OrNull(12)),
        Instants.FromSql(row.GetInt64OrNull(13)));

    private Task<int> WriteAsync(Func<IWriteSession, ValueTask<int>> work, CancellationToken cancellationToken) =>
        database.WriteAsync(work, WritePriority.Low, cancellationToken);

    private Task<int> WriteBatchAsync(string sql, SqlValue[] values, CancellationToken cancellationToken) =>
        WriteAsync(session => session.Prepared(sql).Bind(values).ExecuteAsync(), cancellationToken);
}
