namespace LicenseAuthority.Licensing.PendingOrders;

/// <summary>Until an adapter has one.</summary>
internal sealed class NoOrderSource : IOrderSource
{
    public CallPolicy Policy { get; } = new()
    {
        RefundTolerance = TimeSpan.FromDays(1), StaleEndMargin = TimeSpan.FromDays(2), SuspensionIsEndMargin = TimeSpan.FromDays(1), ReplaysTestCases = true,
    };

    public string? FindRemedy(string account) => "There is no source of orders.";

    public Task<OrderLookUp> FindAsync(PendingOrderKey order, TimeSpan limit, CancellationToken cancellationToken) =>
        Task.FromResult<OrderLookUp>(new OrderLookUp.NoAnswer("there is no source of orders"));
}
