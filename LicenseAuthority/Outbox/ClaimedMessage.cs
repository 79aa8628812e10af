namespace LicenseAuthority.Outbox;

/// <summary>A message that this node may send until its claim ends.</summary>
/// <param name="Number">Its number in the store.</param>
/// <param name="Id">What the receiver sees.</param>
/// <param name="DestinationKind">Which sender sends it.</param>
/// <param name="DestinationId">Where to.</param>
/// <param name="OrderingKey">What it is in order with, or null.</param>
/// <param name="Payload">What is sent.</param>
/// <param name="Attempts">How many attempts there were, with this one; the claim's number: a later claim has a higher one.</param>
/// <param name="Failures">How many attempts failed since it was written or sent again.</param>
/// <param name="GiveUpAt">An attempt that fails at or after this instant is the last one.</param>
internal sealed record ClaimedMessage(
    long Number,
    string Id,
    string DestinationKind,
    string DestinationId,
    string? OrderingKey,
    string Payload,
    int Attempts,
    int Failures,
    DateTimeOffset GiveUpAt)
{
    /// <summary>Says which message, not what is in it.</summary>
    public override string ToString() => $"message {Id} to {DestinationKind} {DestinationId}";
}
