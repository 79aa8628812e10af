namespace LicenseAuthority.Outbox;

/// <summary>A message to be written in the transaction of what it tells.</summary>
/// <param name="Id"><c>msg_</c> + ULID: what the receiver sees, the same at every attempt.</param>
/// <param name="DestinationKind">Which <see cref="IOutboxSender"/> sends it.</param>
/// <param name="DestinationId">Where to, in the sender's words.</param>
/// <param name="OrderingKey">Messages to one destination with the same key go one after the other; null = in any order.</param>
/// <param name="Type">What it tells, for lists.</param>
/// <param name="Payload">The bytes that are sent, as text; the same at every attempt.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record OutboxMessage(
    string Id, string DestinationKind, string DestinationId, string? OrderingKey, string Type, string Payload, DateTimeOffset CreatedAt)
{
    /// <summary>Says which message, not what is in it.</summary>
    public override string ToString() => $"message {Id} to {DestinationKind} {DestinationId}";
}
