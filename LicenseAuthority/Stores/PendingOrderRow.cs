using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>A row of pending_orders, as Dapper reads it.</summary>
internal sealed class PendingOrderRow
{
    /// <summary>The columns that this reads.</summary>
    public const string Columns =
        """
        instance_id, account, test, order_id, order_line_id, activity, since, attempts, next_attempt_at, claimed_until, last_error, warned_at,
        unserved_at, trial, quantity, expires_at, ended_as
        """;

    /// <summary>Whether it is pending.</summary>
    public const string IsOpen = "ended_as IS NULL";

    private const string SelectIsPending = $"SELECT COUNT(*) FROM pending_orders WHERE instance_id = @instance_id AND {IsOpen}";

    private const string SetBought = "trial = @trial, quantity = @quantity, expires_at = @expires_at";

    private const string UpdateBought = $"UPDATE pending_orders SET {SetBought} WHERE instance_id = @instance_id";

    private static readonly string UpdateServed =
        $"""
        UPDATE pending_orders
        SET ended_as = '{LicenseWords.PendingOrderEnds.WordOf(PendingOrderEnd.Served)}', next_attempt_at = NULL, claimed_until = NULL, {SetBought}
        WHERE instance_id = @instance_id AND {IsOpen}
        """;

    public string InstanceId { get; init; } = "";

    public string Account { get; init; } = "";

    public bool Test { get; init; }

    public string OrderId { get; init; } = "";

    public string OrderLineId { get; init; } = "";

    public string Activity { get; init; } = "";

    public DateTimeOffset Since { get; init; }

    public int Attempts { get; init; }

    public DateTimeOffset? NextAttemptAt { get; init; }

    public DateTimeOffset? ClaimedUntil { get; init; }

    public string? LastError { get; init; }

    public DateTimeOffset? WarnedAt { get; init; }

    public DateTimeOffset? UnservedAt { get; init; }

    public bool Trial { get; init; }

    public int? Quantity { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public string? EndedAs { get; init; }

    /// <summary>The lock under which an order is served or ended: one of the two is first.</summary>
    public static string Lock(string instanceId) => $"pending {instanceId}";

    public static async ValueTask<bool> IsPendingAsync(IReadSession session, string instanceId) =>
        await session.Prepared(SelectIsPending).Bind(instanceId).QuerySingleOrDefaultAsync(static row => row.GetInt64(0)) == 1;

    /// <summary>The order has this license.</summary>
    public static void Serve(IWriteSession session, License license, PlacedOrder bought) => Put(session, UpdateServed, license, bought);

    /// <summary>A new round of a test license has begun with this. Of a license whose order was never pending nothing is kept.</summary>
    public static void BeginRound(IWriteSession session, License license, PlacedOrder bought) => Put(session, UpdateBought, license, bought);

    public static async ValueTask<PendingOrder?> FindAsync(IReadSession session, string condition, object parameters) =>
        (await session.Connection.QuerySingleOrDefaultAsync<PendingOrderRow>($"SELECT {Columns} FROM pending_orders WHERE {condition}", parameters))?.ToOrder();

    public PendingOrder ToOrder() => new(InstanceId, new PendingOrderKey(Account, Test, OrderId, OrderLineId), Activity, Since)
    {
        Attempts = Attempts,
        NextAttemptAt = NextAttemptAt,
        ClaimedUntil = ClaimedUntil,
        LastError = LastError,
        WarnedAt = WarnedAt,
        UnservedAt = UnservedAt,
        Trial = Trial,
        Quantity = Quantity,
        ExpiresAt = ExpiresAt,
        End = EndedAs is null ? null : LicenseWords.PendingOrderEnds.FromSql("pending_orders.ended_as", EndedAs),
    };

    private static void Put(IWriteSession session, string update, License license, PlacedOrder bought) =>
        session.Prepared(update).Bind(license.Trial, bought.Quantity, Instants.ToSql(bought.ExpiresAt), license.Id).Enqueue();
}
