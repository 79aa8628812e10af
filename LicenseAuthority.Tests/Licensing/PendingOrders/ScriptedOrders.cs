using System.Collections.Concurrent;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing.PendingOrders;

/// <summary>A marketplace that answers what the test says, by order id; of an order of which nothing is said there is no answer. Thread-safe.</summary>
internal sealed class ScriptedOrders : IOrderSource
{
    private readonly ConcurrentDictionary<string, OrderLookUp> _answers = new(StringComparer.Ordinal);
    private int _asked;

    public static readonly OrderLookUp NoAnswer = new OrderLookUp.NoAnswer("nobody answered");

    public CallPolicy Policy => Calls.Policy;

    public string Activity => "open";

    /// <summary>How often it was asked, for whatever order.</summary>
    public int Asked => _asked;

    /// <summary>What has to be set, for all accounts; null = nothing.</summary>
    public string? Remedy { get; set; }

    /// <summary>What happens before an answer.</summary>
    public Func<PendingOrderKey, Task>? Before { get; set; }

    public void Answer(string orderId, OrderLookUp answer) => _answers[orderId] = answer;

    public static OrderLookUp Bought(
        string product = "OFFI000000000000000001", int quantity = 3, DateTimeOffset? expiresAt = null, bool trial = false, string? remark = null) =>
        new OrderLookUp.Found(new OrderContent(product, "c-1001", "Example", quantity, expiresAt, trial) { Remark = remark });

    public string? FindRemedy(string account) => Remedy;

    public async Task<OrderLookUp> FindAsync(PendingOrder order, TimeSpan limit, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        if (Before is { } before)
        {
            await before(order.Key).WaitAsync(Patience.Length, cancellationToken);
        }

        return _answers.GetValueOrDefault(order.Key.OrderId, NoAnswer);
    }
}
