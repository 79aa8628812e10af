using Dapper;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The outbox in the database. All writes are of low priority: issuing goes first. Thread-safe.</summary>
internal sealed class OutboxStore(IDatabase database) : IOutboxStore, IOutboxFigures
{
    private const string IsPending = "delivered_at IS NULL AND dead_lettered_at IS NULL";

    // A claim that lasts longer than any is none: the clock was ahead when it was made, and has been set back.
    private const string IsUnclaimed = "(claimed_until IS NULL OR claimed_until <= @now OR claimed_until > @horizon)";

    // Due, unclaimed, and with no earlier one before it in its order.
    private const string FromDue =
        """
        FROM outbox o
        WHERE o.destination_kind = @kind AND o.destination_id = @destination AND o.next_attempt_at <= @now
            AND o.delivered_at IS NULL AND o.dead_lettered_at IS NULL
            AND (o.claimed_until IS NULL OR o.claimed_until <= @now OR o.claimed_until > @horizon)
            AND NOT EXISTS (
                SELECT 1 FROM outbox e
                WHERE e.destination_kind = o.destination_kind AND e.destination_id = o.destination_id AND e.ordering_key = o.ordering_key
                    AND e.id < o.id AND e.delivered_at IS NULL AND e.dead_lettered_at IS NULL)
        """;

    internal const string SelectIsDue = $"SELECT TRUE {FromDue} LIMIT 1";

    internal const string SelectDue =
        $"""
        SELECT o.id AS number, o.message_id AS id, o.destination_kind, o.destination_id, o.ordering_key, o.payload, o.attempts + 1 AS attempts,
            o.failures, o.give_up_at, o.lost_answers
        {FromDue}
        ORDER BY o.next_attempt_at, o.id
        LIMIT @most
        """;

    // Further ahead than any wait: the clock was ahead when it was written, and has been set back. It is due.
    private const string FromStranded =
        $"FROM outbox WHERE destination_kind = @kind AND destination_id = @destination AND next_attempt_at > @horizon AND {IsPending}";

    internal const string SelectIsStranded = $"SELECT TRUE {FromStranded} LIMIT 1";

    // What is overdue was written by then, so the index of what waits has the few; the kind is an expression, or SQLite would go through all of its messages.
    internal const string SelectOverdue =
        $"""
        SELECT DISTINCT destination_id FROM outbox
        WHERE give_up_at <= @giveUpBy AND next_attempt_at <= @dueSince AND destination_kind || '' = @kind AND {IsPending} AND {IsUnclaimed}
        """;

    // All that waits is looked at, so not each second.
    private const string FromAhead = $"FROM outbox WHERE {IsPending} AND next_attempt_at > @now AND coalesce(last_attempt_at, created_at) > @ahead";

    internal const string SelectIsAhead = $"SELECT TRUE {FromAhead} LIMIT 1";

    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromSeconds(30);

    private const string UpdateClaimed = "UPDATE outbox SET claimed_until = @until, attempts = attempts + 1, lost_answers = lost_answers + 1 WHERE id IN @ids";

    // The number of attempts is the claim's: whoever lost it to a later one records nothing.
    private const string OfClaim = $"WHERE id = @number AND attempts = @attempts AND claimed_until IS NOT NULL AND {IsPending}";

    private const string RecordAttempt =
        """
        claimed_until = NULL, last_attempt_at = @now, last_status = @status, last_error = @error, last_answer = @answer,
            lost_answers = lost_answers - @known
        """;

    private const string UpdateDelivered = $"UPDATE outbox SET {RecordAttempt}, delivered_at = @now {OfClaim}";

    private const string UpdateDeadLettered = $"UPDATE outbox SET {RecordAttempt}, failures = failures + 1, dead_lettered_at = @now {OfClaim}";

    private const string UpdateFailed = $"UPDATE outbox SET {RecordAttempt}, failures = failures + 1, next_attempt_at = @next {OfClaim}";

    // They would be found due, and blocked, each second.
    private const string UpdateBehind =
        $"""
        UPDATE outbox SET next_attempt_at = @next
        WHERE destination_kind = @kind AND destination_id = @destination AND ordering_key = @key AND id > @number AND next_attempt_at < @next AND {IsPending}
        """;

    // An operator may have had the first one sent before its time; those behind it need not wait for that any more.
    private const string UpdateNext =
        $"""
        UPDATE outbox SET next_attempt_at = @now
        WHERE destination_kind = @kind AND destination_id = @destination AND ordering_key = @key AND id > @number AND next_attempt_at > @now AND {IsPending}
        """;

    private const string UpdateReleased = $"UPDATE outbox SET claimed_until = NULL, next_attempt_at = @now {OfClaim}";

    private const string UpdateResent =
        $"""
        UPDATE outbox SET delivered_at = NULL, dead_lettered_at = NULL, claimed_until = NULL, next_attempt_at = @now, failures = 0, give_up_at = @giveUpAt
        WHERE message_id = @id AND destination_kind = @kind AND destination_id = @destination AND {IsUnclaimed}
        """;

    private const string Columns =
        """
        id AS number, message_id AS id, ordering_key, type, payload, created_at, attempts, next_attempt_at, last_attempt_at, last_status, last_error, last_answer,
        delivered_at, dead_lettered_at
        """;

    private const string SelectOne =
        $"SELECT {Columns} FROM outbox WHERE message_id = @id AND destination_kind = @kind AND destination_id = @destination";

    // min(give_up_at) and not min(created_at): a message that was sent again counts from then on.
    internal const string SelectPendingFigures = $"SELECT COUNT(*) AS pending, min(give_up_at) AS oldest FROM outbox WHERE {IsPending}";

    internal const string SelectDeadLetteredCount = "SELECT COUNT(*) FROM outbox WHERE dead_lettered_at IS NOT NULL";

    /// <inheritdoc/>
    public async ValueTask<bool> IsDueAsync(string kind, string destinationId, DateTimeOffset now, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async session =>
            {
                var asked = new { kind, destination = destinationId, now, horizon = Horizon(now) };
                return await session.Connection.ExecuteScalarAsync<bool>(SelectIsDue, asked)
                    || await session.Connection.ExecuteScalarAsync<bool>(SelectIsStranded, asked);
            },
            cancellationToken);

    /// <inheritdoc/>
    public async Task<int> RecallAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var asked = new { now, ahead = now + ClocksDiffer };
        return await database.ReadAsync(async session => await session.Connection.ExecuteScalarAsync<bool>(SelectIsAhead, asked), cancellationToken)
            ? await WriteAsync(
                $"UPDATE outbox SET next_attempt_at = @now WHERE id IN (SELECT id {FromAhead} LIMIT {IOutboxStore.BatchSize} {database.Dialect.ForUpdateSkipLocked})",
                asked,
                cancellationToken)
            : 0;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ClaimedMessage>> ClaimAsync(
        string kind, string destinationId, int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        return database.WriteAsync(ClaimAsync, WritePriority.Low, cancellationToken);

        async ValueTask<IReadOnlyList<ClaimedMessage>> ClaimAsync(IWriteSession session)
        {
            var asked = new { kind, destination = destinationId, now, most, horizon = Horizon(now) };
            await session.Connection.ExecuteAsync(
                $"""
                UPDATE outbox SET next_attempt_at = @now
                WHERE id IN (SELECT id {FromStranded} LIMIT {IOutboxStore.BatchSize} {session.Dialect.ForUpdateSkipLocked})
                """,
                asked);
            var due = (await session.Connection.QueryAsync<ClaimedMessage>($"{SelectDue} {session.Dialect.ForUpdateSkipLocked}", asked)).AsList();
            if (due.Count > 0)
            {
                await session.Connection.ExecuteAsync(UpdateClaimed, new { until, ids = due.Select(static message => message.Number) });
            }

            return due;
        }
    }

    /// <inheritdoc/>
    public Task DeliveredAsync(ClaimedMessage message, SendResult result, DateTimeOffset now, CancellationToken cancellationToken) => WriteAsync(
        async session =>
        {
            var recorded = await session.Connection.ExecuteAsync(UpdateDelivered, Attempt(message, result, now));

            // Only behind one that failed before anything was put off.
            if (recorded == 1 && message is { Attempts: > 1, OrderingKey: not null })
            {
                await session.Connection.ExecuteAsync(UpdateNext, Attempt(message, result, now));
            }

            return recorded;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task FailedAsync(
        ClaimedMessage message, SendResult result, DateTimeOffset now, DateTimeOffset nextAttemptAt, CancellationToken cancellationToken) => WriteAsync(
        async session =>
        {
            var attempt = Attempt(message, result, now, nextAttemptAt);
            var recorded = await session.Connection.ExecuteAsync(UpdateFailed, attempt);
            if (recorded == 1 && message.OrderingKey is not null)
            {
                await session.Connection.ExecuteAsync(UpdateBehind, attempt);
            }

            return recorded;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task DeadLetteredAsync(ClaimedMessage message, SendResult result, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync(UpdateDeadLettered, Attempt(message, result, now), cancellationToken);

    /// <inheritdoc/>
    public Task ReleaseAsync(ClaimedMessage message, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync(UpdateReleased, new { now, number = message.Number, attempts = message.Attempts }, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListOverdueAsync(string kind, DateTimeOffset dueSince, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            async session => (await session.Connection.QueryAsync<string>(
                SelectOverdue, new { kind, dueSince, giveUpBy = dueSince + Backoff.GiveUpAfter, now, horizon = Horizon(now) })).AsList(),
            cancellationToken);

    /// <inheritdoc/>
    public Task<int> DeadLetterAllAsync(string kind, string destinationId, string reason, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync(
            $"""
            UPDATE outbox SET dead_lettered_at = @now, last_error = coalesce(last_error || '; ', '') || @reason
            WHERE id IN (
                SELECT id FROM outbox
                WHERE destination_kind = @kind AND destination_id = @destination AND {IsPending} AND {IsUnclaimed}
                LIMIT {IOutboxStore.BatchSize} {database.Dialect.ForUpdateSkipLocked})
            """,
            new { now, reason, kind, destination = destinationId, horizon = Horizon(now) },
            cancellationToken);

    /// <inheritdoc/>
    public Task<int> DeleteAllAsync(string kind, string destinationId, CancellationToken cancellationToken) =>
        WriteAsync(
            $"""
            DELETE FROM outbox
            WHERE id IN (
                SELECT id FROM outbox WHERE destination_kind = @kind AND destination_id = @destination
                LIMIT {IOutboxStore.BatchSize} {database.Dialect.ForUpdateSkipLocked})
            """,
            new { kind, destination = destinationId },
            cancellationToken);

    /// <inheritdoc/>
    public Task<int> DeleteDeliveredAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
        WriteAsync(
            $"""
            DELETE FROM outbox
            WHERE id IN (
                SELECT id FROM outbox WHERE delivered_at < @before
                LIMIT {IOutboxStore.BatchSize} {database.Dialect.ForUpdateSkipLocked})
            """,
            new { before },
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
            MessageStatus.DeadLettered => "AND dead_lettered_at IS NOT NULL",
            _ => throw new ArgumentOutOfRangeException(nameof(status), status, "An unknown status."),
        };
        var sql =
            $"""
            SELECT {Columns} FROM outbox
            WHERE destination_kind = @kind AND destination_id = @destination AND id < @beforeNumber {condition}
            ORDER BY outbox.id DESC
            LIMIT @limit
            """;
        return await database.ReadAsync(
            async session => (await session.Connection.QueryAsync<MessageRecord>(sql, new { kind, destination = destinationId, beforeNumber, limit })).AsList(),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MessageRecord?> ResendAsync(
        string kind, string destinationId, string messageId, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var message = new { id = messageId, kind, destination = destinationId, now, giveUpAt = now + Backoff.GiveUpAfter, horizon = Horizon(now) };
            await session.Connection.ExecuteAsync(UpdateResent, message);
            return await session.Connection.QuerySingleOrDefaultAsync<MessageRecord>(SelectOne, message);
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OutboxFigures> ReadAsync(CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session =>
        {
            var (pending, oldest) = await session.Connection.QuerySingleAsync<(long Pending, DateTimeOffset? Oldest)>(SelectPendingFigures);
            var deadLettered = await session.Connection.ExecuteScalarAsync<long>(SelectDeadLetteredCount);
            return new OutboxFigures(pending, deadLettered, oldest - Backoff.GiveUpAfter);
        },
        cancellationToken);

    // A claim lasts some minutes and a wait some hours: no honest instant lies behind it.
    private static DateTimeOffset Horizon(DateTimeOffset now) => now + Backoff.Longest;

    private static object Attempt(ClaimedMessage message, SendResult result, DateTimeOffset now, DateTimeOffset? next = null) => new
    {
        number = message.Number,
        attempts = message.Attempts,
        kind = message.DestinationKind,
        destination = message.DestinationId,
        key = message.OrderingKey,
        now,
        next,
        known = result.IsAnswerLost ? 0L : 1L,
        status = (long?)result.Status,
        error = result.Error,
        answer = result.Answer,
    };

    private Task<int> WriteAsync(string sql, object parameters, CancellationToken cancellationToken) =>
        WriteAsync(async session => await session.Connection.ExecuteAsync(sql, parameters), cancellationToken);

    private Task<int> WriteAsync(Func<IWriteSession, ValueTask<int>> work, CancellationToken cancellationToken) =>
        database.WriteAsync(work, WritePriority.Low, cancellationToken);
}
