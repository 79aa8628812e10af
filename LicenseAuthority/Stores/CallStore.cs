using System.Text;
using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The journal of calls in the database. Thread-safe.</summary>
internal sealed class CallStore(IDatabase database) : ICallStore
{
    // A COMMIT whose answer was lost is tried again with the same ids.
    private const string Insert =
        """
        INSERT INTO marketplace_calls (id, at, direction, account, activity, test, order_id, order_line_id, instance_id, result_code, result_msg, http_status,
            duration, node, request, answer, message_id)
        VALUES (@id, @at, @direction, @account, @activity, @test, @order_id, @order_line_id, @instance_id, @result_code, @result_msg, @http_status,
            @duration, @node, @request, @answer, @message_id)
        ON CONFLICT (id) DO NOTHING
        """;

    // Nodes store behind, in any order: the later one stays, unless a clock that was ahead had written it.
    private const string UpsertKeyUse =
        """
        INSERT INTO access_key_uses (account, key_id, used_at) VALUES (@account, @key_id, @used_at)
        ON CONFLICT (account, key_id) DO UPDATE SET used_at = excluded.used_at
            WHERE excluded.used_at > access_key_uses.used_at OR access_key_uses.used_at > @no_later
        """;

    private const string IsNewestCall = "excluded.last_call_at >= open_api_uses.last_call_at OR open_api_uses.last_call_at > @no_later";

    private const string UpsertOpenApiUse =
        $"""
        INSERT INTO open_api_uses (account, activity, last_success_at, last_call_at, last_error)
        VALUES (@account, @activity, @last_success_at, @last_call_at, @last_error)
        ON CONFLICT (account, activity) DO UPDATE SET
            last_success_at = CASE
                WHEN open_api_uses.last_success_at IS NULL OR excluded.last_success_at > open_api_uses.last_success_at
                    OR open_api_uses.last_success_at > @no_later THEN excluded.last_success_at
                ELSE open_api_uses.last_success_at END,
            last_error = CASE WHEN {IsNewestCall} THEN excluded.last_error ELSE open_api_uses.last_error END,
            last_call_at = CASE WHEN {IsNewestCall} THEN excluded.last_call_at ELSE open_api_uses.last_call_at END
        """;

    private const string Columns =
        """
        id, at, direction, account, activity, test, order_id, order_line_id, instance_id, result_code, result_msg, http_status, duration, node, request, answer,
        message_id
        """;

    private const string SelectOne = $"SELECT {Columns} FROM marketplace_calls WHERE id = @id";

    private const string SelectKeyUses = "SELECT account, key_id, used_at FROM access_key_uses ORDER BY account, key_id";

    private const string SelectOpenApiUses = "SELECT account, activity, last_success_at, last_call_at, last_error FROM open_api_uses ORDER BY account, activity";

    /// <inheritdoc/>
    public Task AddAsync(
        IReadOnlyList<CallRecord> calls, IReadOnlyList<AccessKeyUse> keys, IReadOnlyList<OpenApiUse> openApi, CancellationToken cancellationToken)
    {
        // Before the transaction begins.
        var rows = ToRows(calls);
        return database.WriteAsync(
            async session =>
            {
                Add(session, rows);
                foreach (var use in keys)
                {
                    await session.Prepared(UpsertKeyUse)
                        .Bind(use.Account, use.KeyId, Instants.ToSql(use.UsedAt), Instants.ToSql(use.UsedAt + LastUses.NoLater))
                        .ExecuteAsync();
                }

                foreach (var use in openApi)
                {
                    await session.Prepared(UpsertOpenApiUse)
                        .Bind(
                            use.Account, use.Activity, Instants.ToSql(use.LastSuccessAt), Instants.ToSql(use.LastCallAt), use.LastError,
                            Instants.ToSql(use.LastCallAt + LastUses.NoLater))
                        .ExecuteAsync();
                }

                return rows.Length;
            },
            WritePriority.Low,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CallRecord>> ListAsync(CallFilter filter, string? beforeId, int limit, CancellationToken cancellationToken)
    {
        var until = filter.To is { } to ? Identifiers.FirstCallId(to) : "call_~";
        var asked = new
        {
            before = beforeId is not null && string.CompareOrdinal(beforeId, until) < 0 ? beforeId : until,
            from = filter.From is { } from ? Identifiers.FirstCallId(from) : "",
            account = filter.Account,
            direction = filter.Direction is { } direction ? CallWords.Directions.WordOf(direction) : null,
            activity = filter.Activity,
            resultCode = filter.ResultCode,
            orderId = filter.OrderId,
            instanceId = filter.InstanceId,
            limit,
        };
        return await database.ReadAsync(
            async session => (await session.Connection.QueryAsync<CallRow>(ListSql(filter), asked)).AsList().ConvertAll(static row => row.ToRecord()),
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<CallRecord?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (await session.Connection.QuerySingleOrDefaultAsync<CallRow>(SelectOne, new { id }))?.ToRecord(), cancellationToken);

    /// <inheritdoc/>
    public Task<int> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.Connection.ExecuteAsync(DeleteSql(session.Dialect), new { before = Identifiers.FirstCallId(before) }),
        WritePriority.Low,
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<AccessKeyUse>> ListKeyUsesAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        static session => session.Prepared(SelectKeyUses)
            .QueryAsync(static row => new AccessKeyUse(row.GetString(0), row.GetString(1), Instants.FromSql(row.GetInt64(2)))),
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<OpenApiUse>> ListOpenApiUsesAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        static session => session.Prepared(SelectOpenApiUses).QueryAsync(static row =>
            new OpenApiUse(
                row.GetString(0), row.GetString(1), Instants.FromSql(row.GetInt64OrNull(2)), Instants.FromSql(row.GetInt64(3)), row.GetStringOrNull(4))),
        cancellationToken);

    /// <summary>The rows of calls, made before the transaction begins.</summary>
    internal static SqlValue[][] ToRows(IReadOnlyList<CallRecord> calls) => [.. calls.Select(ToRow)];

    /// <summary>Adds rows of <see cref="ToRows"/> in an open transaction, but for those that are there.</summary>
    internal static void Add(IWriteSession session, SqlValue[][] rows)
    {
        foreach (var row in rows)
        {
            session.Prepared(Insert).Bind(row).Enqueue();
        }
    }

    // One text per combination of filters, so that each uses the index that fits it. Ids are times: a span of time is a span of ids.
    internal static string ListSql(CallFilter filter)
    {
        var conditions = new StringBuilder("id < @before");
        conditions.Append(filter.From is null ? "" : " AND id >= @from");
        conditions.Append(filter.Account is null ? "" : " AND account = @account");
        conditions.Append(filter.Direction is null ? "" : " AND direction = @direction");
        conditions.Append(filter.Activity is null ? "" : " AND activity = @activity");
        conditions.Append(filter.ResultCode is null ? "" : " AND result_code = @resultCode");
        conditions.Append(filter.OrderId is null ? "" : " AND order_id = @orderId");
        conditions.Append(filter.InstanceId is null ? "" : " AND instance_id = @instanceId");
        return
            $"""
            SELECT {Columns}
            FROM marketplace_calls
            WHERE {conditions}
            ORDER BY id DESC
            LIMIT @limit
            """;
    }

    internal static string DeleteSql(SqlDialect dialect) =>
        $"""
        DELETE FROM marketplace_calls
        WHERE id IN (SELECT id FROM marketplace_calls WHERE id < @before ORDER BY id LIMIT {ICallStore.BatchSize} {dialect.ForUpdateSkipLocked})
        """;

    private static SqlValue[] ToRow(CallRecord call) =>
    [
        call.Id, Instants.ToSql(call.At), CallWords.Directions.WordOf(call.Direction), call.Account, call.Activity, call.Test, call.OrderId, call.OrderLineId,
        call.InstanceId, call.ResultCode, call.ResultMsg, (long?)call.HttpStatus, call.DurationMs, call.Node, call.Request, call.Answer, call.MessageId,
    ];

    private sealed class CallRow
    {
        public string Id { get; init; } = "";

        public DateTimeOffset At { get; init; }

        public string Direction { get; init; } = "";

        public string Account { get; init; } = "";

        public string Activity { get; init; } = "";

        public bool Test { get; init; }

        public string? OrderId { get; init; }

        public string? OrderLineId { get; init; }

        public string? InstanceId { get; init; }

        public string? ResultCode { get; init; }

        public string? ResultMsg { get; init; }

        public long? HttpStatus { get; init; }

        public long Duration { get; init; }

        public string Node { get; init; } = "";

        public string? Request { get; init; }

        public string? Answer { get; init; }

        public string? MessageId { get; init; }

        public CallRecord ToRecord() => new()
        {
            Id = Id,
            At = At,
            Direction = CallWords.Directions.FromSql("marketplace_calls.direction", Direction),
            Account = Account,
            Activity = Activity,
            Test = Test,
            OrderId = OrderId,
            OrderLineId = OrderLineId,
            InstanceId = InstanceId,
            ResultCode = ResultCode,
            ResultMsg = ResultMsg,
            HttpStatus = (int?)HttpStatus,
            DurationMs = Duration,
            Node = Node,
            Request = Request,
            Answer = Answer,
            MessageId = MessageId,
        };
    }
}
