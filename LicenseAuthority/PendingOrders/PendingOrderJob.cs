using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.PendingOrders;

/// <summary>Looks up pending orders in the background, on each node: who takes an order has it alone.</summary>
internal sealed partial class PendingOrderJob(PendingOrderService orders, TimeProvider time, ILogger<PendingOrderJob> logger)
    : PollingService(Interval, lookAtStart: true, time)
{
    /// <summary>How often it looks whether an order is due.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Of each account: a marketplace that is back is not called with all that waits, and an account whose marketplace hangs holds up no other.
    private const int PlacesOfAnAccount = 32;

    private readonly List<Task> _underWay = [];

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // They are cancelled too, and give back what they took.
        await Task.WhenAll(_underWay);
    }

    /// <inheritdoc/>
    protected override async Task LookAsync(CancellationToken cancellationToken)
    {
        _underWay.RemoveAll(static lookUp => lookUp.IsCompleted);
        IReadOnlyList<Task> begun;
        do
        {
            begun = await orders.BeginDueAsync(PlacesOfAnAccount, cancellationToken);
            _underWay.AddRange(begun);
        }
        while (begun.Count > 0);
    }

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogFailed(exception, exception.Message);

    [LoggerMessage(LogLevel.Warning, "Pending orders cannot be looked up now, it goes on later: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);
}
