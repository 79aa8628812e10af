namespace LicenseAuthority.Outbox;

/// <summary>A stored message, for operators.</summary>
/// <param name="Number">Its number in the store; later ones are higher.</param>
/// <param name="Id">What the receiver sees.</param>
/// <param name="OrderingKey">What it is in order with, or null.</param>
/// <param name="Type">What it tells.</param>
/// <param name="Payload">What is sent.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="Attempts">How many attempts were begun.</param>
/// <param name="NextAttemptAt">When it is tried next; meaningful while it is pending.</param>
/// <param name="LastAttemptAt">When the last attempt ended, or null.</param>
/// <param name="LastStatus">The HTTP status of the last answer, or null.</param>
/// <param name="LastError">Why the last attempt failed, or null.</param>
/// <param name="LastAnswer">The beginning of the last answer, or null.</param>
/// <param name="DeliveredAt">When it was delivered, or null.</param>
/// <param name="ParkedAt">When it was given up, or null.</param>
internal sealed record MessageRecord(
    long Number,
    string Id,
    string? OrderingKey,
    string Type,
    string Payload,
    DateTimeOffset CreatedAt,
    int Attempts,
    DateTimeOffset NextAttemptAt,
    DateTimeOffset? LastAttemptAt,
    int? LastStatus,
    string? LastError,
    string? LastAnswer,
    DateTimeOffset? DeliveredAt,
    DateTimeOffset? ParkedAt)
{
    /// <summary>Where it stands.</summary>
    public MessageStatus Status => DeliveredAt is not null ? MessageStatus.Delivered : ParkedAt is not null ? MessageStatus.Parked : MessageStatus.Pending;

    /// <summary>Says which message, not what is in it.</summary>
    public override string ToString() => $"message {Id}";
}

/// <summary>Where a message stands.</summary>
internal enum MessageStatus
{
    /// <summary>Waits, for its first attempt or a further one, or is being sent.</summary>
    Pending,

    /// <summary>The receiver has it.</summary>
    Delivered,

    /// <summary>Given up; an operator may have it sent again.</summary>
    Parked,
}
