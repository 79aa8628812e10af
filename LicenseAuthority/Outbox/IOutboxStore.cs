namespace LicenseAuthority.Outbox;

/// <summary>
/// Where messages wait. Thread-safe. Every method throws <see cref="StoreBusyException"/> when the store cannot answer in time.
/// Who does more than <see cref="BatchSize"/> messages at once calls again until less was done.
/// </summary>
internal interface IOutboxStore
{
    /// <summary>So many messages at most are deleted or dead-lettered by one call: others wait for the writer.</summary>
    const int BatchSize = 500;

    /// <summary>
    /// Whether something is due at the destination: cheap, and changes nothing. What is to be tried only after more than <see cref="Backoff.Longest"/> is due
    /// as well: it was written while the clock was ahead.
    /// </summary>
    ValueTask<bool> IsDueAsync(string kind, string destinationId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Makes messages due that were written, or tried last, by a clock that was ahead of this one: their waits began in the future. Not those of clocks that differ by
    /// no more than nodes' clocks do. Returns how many.
    /// </summary>
    Task<int> RecallAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Claims due messages for this node: no other gets them before <paramref name="until"/>. Of messages with the same ordering key only the earliest
    /// that is neither delivered nor dead-lettered can be claimed.
    /// </summary>
    Task<IReadOnlyList<ClaimedMessage>> ClaimAsync(
        string kind, string destinationId, int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Records success. Nothing happens when the claim was lost meanwhile, here and in the methods below.</summary>
    Task DeliveredAsync(ClaimedMessage message, SendResult result, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Records a failure; the message, and those that wait behind it, are tried again at <paramref name="nextAttemptAt"/>.</summary>
    Task FailedAsync(ClaimedMessage message, SendResult result, DateTimeOffset now, DateTimeOffset nextAttemptAt, CancellationToken cancellationToken);

    /// <summary>Records a failure, and gives the message up.</summary>
    Task DeadLetteredAsync(ClaimedMessage message, SendResult result, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Gives a claim back: the node stops, and nobody knows whether the receiver got it.</summary>
    Task ReleaseAsync(ClaimedMessage message, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The destinations of a kind for which something has been due since an instant, or longer, and nobody is sending it.</summary>
    ValueTask<IReadOnlyList<string>> ListOverdueAsync(string kind, DateTimeOffset dueSince, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Dead-letters what waits for a destination that is closed or no longer there; the reason is added to the last error. Returns how many.</summary>
    Task<int> DeadLetterAllAsync(string kind, string destinationId, string reason, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Deletes messages of a destination that is removed; returns how many.</summary>
    Task<int> DeleteAllAsync(string kind, string destinationId, CancellationToken cancellationToken);

    /// <summary>Deletes messages that were delivered before an instant; returns how many.</summary>
    Task<int> DeleteDeliveredAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>The messages of a destination, the newest first.</summary>
    /// <param name="kind">The destination's kind.</param>
    /// <param name="destinationId">The destination.</param>
    /// <param name="status">Only these; null = all.</param>
    /// <param name="beforeNumber">Only those with a lower number.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<MessageRecord>> ListAsync(
        string kind, string destinationId, MessageStatus? status, long beforeNumber, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Has a message sent again, whatever its status, as if it were new; one that is being sent is left alone. Returns it as it is then, or null when
    /// the destination has no such message.
    /// </summary>
    Task<MessageRecord?> ResendAsync(string kind, string destinationId, string messageId, DateTimeOffset now, CancellationToken cancellationToken);
}
