namespace LicenseAuthority.Licensing.PendingOrders;

/// <summary>The orders that are pending, in numbers, over all nodes; test orders do not count.</summary>
/// <param name="Pending">How many there are, with those that are asked for no more by themselves.</param>
/// <param name="OldestSince">Since when the oldest one waits; null = none waits.</param>
internal sealed record PendingOrderFigures(long Pending, DateTimeOffset? OldestSince);

/// <summary>Who wants to know how many orders are pending. Thread-safe.</summary>
internal interface IPendingOrderFigures
{
    /// <summary>Counts. Throws <see cref="StoreBusyException"/> when the store does not answer.</summary>
    ValueTask<PendingOrderFigures> ReadAsync(CancellationToken cancellationToken);
}
