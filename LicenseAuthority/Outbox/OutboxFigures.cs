namespace LicenseAuthority.Outbox;

/// <summary>The outbox in numbers, over all nodes.</summary>
/// <param name="Pending">Messages that wait to be sent, or are being sent.</param>
/// <param name="DeadLettered">Messages that were given up.</param>
/// <param name="OldestPendingAt">Since when the oldest pending one waits: when it was written or an operator had it sent again; null = none waits.</param>
internal sealed record OutboxFigures(long Pending, long DeadLettered, DateTimeOffset? OldestPendingAt);

/// <summary>Who wants to know how the outbox does. Thread-safe.</summary>
internal interface IOutboxFigures
{
    /// <summary>Counts; takes milliseconds when very much waits. Throws <see cref="StoreBusyException"/> when the store does not answer.</summary>
    ValueTask<OutboxFigures> ReadAsync(CancellationToken cancellationToken);
}
