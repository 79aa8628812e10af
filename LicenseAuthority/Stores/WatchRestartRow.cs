using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Marketplaces.Watch;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>A row of <c>watch_restarts</c>: a call that failed and that the marketplace does not repeat by itself.</summary>
internal sealed class WatchRestartRow
{
    public const string Columns = "call_id, at, account, activity, instance_id, order_id, result_code, result_msg";

    public const string IsListed = "ended_as IS NULL AND listed_from <= @now";

    private static readonly string OfRestart =
        $"""
        c.order_id = r.order_id AND coalesce(c.order_line_id, '') = coalesce(r.order_line_id, '') AND c.kind = '{ConflictKind.Unserved.ToWord()}'
            AND (c.license_id = r.instance_id OR c.instance_id = r.instance_id OR c.account = r.account)
        """;

    // The entry of the same order, on the same instance where it names one, is closed, and none is open. Counted, as in WatchOrderChanges.
    public static readonly string FromDecided =
        $"""
        FROM watch_restarts r
        WHERE r.ended_as IS NULL AND r.order_id IS NOT NULL
            AND 0 < (SELECT count(*) FROM conflicts c WHERE {OfRestart} AND c.resolution IS NOT NULL AND c.resolved_at >= r.at)
            AND 0 = (SELECT count(*) FROM conflicts c WHERE {OfRestart} AND c.resolution IS NULL)
        """;

    private const string SelectOpen = "SELECT call_id FROM watch_restarts WHERE same_call = @same AND ended_as IS NULL";

    private const string Insert =
        """
        INSERT INTO watch_restarts (call_id, same_call, at, account, activity, instance_id, order_id, order_line_id, result_code, result_msg, listed_from)
        VALUES (@id, @same, @at, @account, @activity, @instance, @order, @line, @code, @msg, @from)
        ON CONFLICT (call_id) DO NOTHING
        """;

    private const string Update = "UPDATE watch_restarts SET result_code = @code, result_msg = @msg WHERE call_id = @id AND ended_as IS NULL";

    private const string UpdateEnded =
        "UPDATE watch_restarts SET ended_as = @end, ended_at = @at, ended_by = @by, remark = @remark WHERE call_id = @id AND ended_as IS NULL";

    public string CallId { get; init; } = "";

    public DateTimeOffset At { get; init; }

    public string Account { get; init; } = "";

    public string Activity { get; init; } = "";

    public string? InstanceId { get; init; }

    public string? OrderId { get; init; }

    public string ResultCode { get; init; } = "";

    public string ResultMsg { get; init; } = "";

    public RestartCall ToCall() => new(CallId, At, Account, Activity, InstanceId, OrderId, ResultCode, ResultMsg);

    /// <summary>Takes what was seen of a call.</summary>
    public static async ValueTask AddAsync(IWriteSession session, string same, RestartNews news)
    {
        var open = await session.Connection.ExecuteScalarAsync<string?>(SelectOpen, new { same });
        if (open is null)
        {
            if (news is { First: { } first, Last: { } last, SucceededAt: null })
            {
                await session.Connection.ExecuteAsync(Insert, new
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
            await session.Connection.ExecuteAsync(Update, new { id = open, code = newest.ResultCode, msg = newest.ResultMsg });
        }

        if (news.SucceededAt is { } succeededAt)
        {
            await EndAsync(session, open, RestartEnd.Succeeded, by: null, remark: null, succeededAt);
        }
    }

    /// <summary>Ends it, unless it has ended.</summary>
    public static async ValueTask EndAsync(IWriteSession session, string id, RestartEnd end, string? by, string? remark, DateTimeOffset at) =>
        await session.Connection.ExecuteAsync(UpdateEnded, new { id, end = WatchWords.Ends.WordOf(end), by, remark, at });
}
