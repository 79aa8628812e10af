namespace LicenseAuthority.Outbox;

/// <summary>A message that this node may send until its claim ends.</summary>
internal sealed record ClaimedMessage
{
    /// <summary>Its number in the store.</summary>
    public long Number { get; init; }

    /// <summary>What the receiver sees.</summary>
    public string Id { get; init; } = "";

    public string DestinationKind { get; init; } = "";

    public string DestinationId { get; init; } = "";

    /// <summary>What it is in order with, or null.</summary>
    public string? OrderingKey { get; init; }

    public string Payload { get; init; } = "";

    /// <summary>How many attempts there were, with this one; the claim's number: a later claim has a higher one.</summary>
    public int Attempts { get; init; }

    /// <summary>How many attempts failed since it was written or sent again.</summary>
    public int Failures { get; init; }

    /// <summary>How many earlier attempts may have arrived although nobody knows of an answer.</summary>
    public int LostAnswers { get; init; }

    /// <summary>An attempt that fails at or after this instant is the last one.</summary>
    public DateTimeOffset GiveUpAt { get; init; }

    /// <summary>Says which message, not what is in it.</summary>
    public override string ToString() => $"message {Id} to {DestinationKind} {DestinationId}";
}
