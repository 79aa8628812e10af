using System.Data.Common;
using Dapper;
using LicenseAuthority.Marketplaces.Watch;

namespace LicenseAuthority.Stores;

/// <summary>A row of <c>watch_orders</c>: an order that failed, or one that was served after all.</summary>
internal sealed class WatchOrderRow
{
    public const string IsOpen = "recovered_at IS NULL";

    private const string IsOrder = "account = @Account AND order_id = @OrderId AND order_line_id = @OrderLineId";

    public const string Columns =
        """
        account, order_id, order_line_id, month, product_id, activity, first_at, last_at, attempts, unheard, result_code, result_msg, customer_id, customer_name,
        fails_at, recovered_at, last_call_id
        """;

    private const string SelectOrder = $"SELECT {Columns} FROM watch_orders WHERE {IsOrder}";

    public const string Insert =
        $"""
        INSERT INTO watch_orders ({Columns})
        VALUES (@Account, @OrderId, @OrderLineId, @Month, @ProductId, @Activity, @FirstAt, @LastAt, @Attempts, @Unheard, @ResultCode, @ResultMsg, @CustomerId,
            @CustomerName, @FailsAt, @RecoveredAt, @LastCallId)
        """;

    public const string Update =
        $"""
        UPDATE watch_orders SET product_id = @ProductId, last_at = @LastAt, attempts = @Attempts, unheard = @Unheard, result_code = @ResultCode,
            result_msg = @ResultMsg, customer_id = @CustomerId, customer_name = @CustomerName, recovered_at = @RecoveredAt, last_call_id = @LastCallId
        WHERE {IsOrder}
        """;

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

    public static WatchOrderRow From(FailedOrder order) => new()
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

    /// <summary>The row of an order; null = it never failed.</summary>
    public static async ValueTask<FailedOrder?> FindAsync(DbConnection connection, OrderSeen key) =>
        (await connection.QuerySingleOrDefaultAsync<WatchOrderRow>(SelectOrder, key))?.ToOrder();
}
