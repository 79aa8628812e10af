namespace LicenseAuthority.Outbox;

/// <summary>Sends the messages of one kind of destination. Thread-safe.</summary>
internal interface IOutboxSender
{
    /// <summary>The kind, as it stands in the store. Never changes.</summary>
    string Kind { get; }

    /// <summary>How long a send takes at most. A claim lasts longer than that, so that no other node sends the same meanwhile.</summary>
    TimeSpan LongestSend { get; }

    /// <summary>How many messages are on their way to each destination at once.</summary>
    OutboxPlaces Places => OutboxPlaces.Few;

    /// <summary>
    /// How long to wait after the first failure in a row, the second, and so on, before the jitter; the last one repeats. None is longer than those of
    /// <see cref="Backoff.PatientWaits"/>.
    /// </summary>
    IReadOnlyList<TimeSpan> Waits { get; }

    /// <summary>
    /// All destinations that there are, as far as this node knows. What has been due for an hour at one that no node knows is dead-lettered.
    /// </summary>
    IReadOnlyList<OutboxDestination> Destinations { get; }

    /// <summary>
    /// Sends once. Throws nothing but <see cref="OperationCanceledException"/>, when the node stops: what goes wrong is in the result.
    /// </summary>
    Task<SendResult> SendAsync(ClaimedMessage message, CancellationToken cancellationToken);

    /// <summary>After <see cref="SendOutcome.Gone"/>: sends nothing there any more, on no node.</summary>
    Task CloseAsync(string destinationId, CancellationToken cancellationToken);

    /// <summary>The messages of a removed destination were deleted just now, once more: it may be forgotten.</summary>
    Task ForgetAsync(string destinationId, CancellationToken cancellationToken);
}

/// <summary>How many messages are on their way to a destination at once. One that hangs holds its place for as long as a send may take.</summary>
/// <param name="WhileItAnswers">Most of the time.</param>
/// <param name="WhileItFails">After a message that failed, until one that did not.</param>
internal readonly record struct OutboxPlaces(int WhileItAnswers, int WhileItFails)
{
    /// <summary>For a receiver of any kind, which may be small: one that hangs is not given thousands of messages.</summary>
    public static OutboxPlaces Few => new(4, 1);
}

/// <summary>A destination, and what becomes of its messages.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">What becomes of them.</param>
internal sealed record OutboxDestination(string Id, OutboxDestinationState State);

/// <summary>What becomes of the messages of a destination.</summary>
internal enum OutboxDestinationState
{
    Open,

    /// <summary>They are dead-lettered.</summary>
    Closed,

    Removed,
}
