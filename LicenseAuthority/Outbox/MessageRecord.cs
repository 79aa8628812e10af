namespace LicenseAuthority.Outbox;

/// <summary>A stored message, for operators.</summary>
internal sealed record MessageRecord
{
    /// <summary>Its number in the store; later ones are higher.</summary>
    public long Number { get; init; }

    /// <summary>What the receiver sees.</summary>
    public string Id { get; init; } = "";

    /// <summary>What it is in order with, or null.</summary>
    public string? OrderingKey { get; init; }

    public string Type { get; init; } = "";

    public string Payload { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>How many attempts were begun.</summary>
    public int Attempts { get; init; }

    /// <summary>When it is tried next; meaningful while it is pending.</summary>
    public DateTimeOffset NextAttemptAt { get; init; }

    /// <summary>When the last attempt ended, or null.</summary>
    public DateTimeOffset? LastAttemptAt { get; init; }

    /// <summary>The HTTP status of the last answer, or null.</summary>
    public int? LastStatus { get; init; }

    /// <summary>Why the last attempt failed, or null.</summary>
    public string? LastError { get; init; }

    /// <summary>The beginning of the last answer, or null.</summary>
    public string? LastAnswer { get; init; }

    /// <summary>When it was delivered, or null.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>When it was given up, or null.</summary>
    public DateTimeOffset? DeadLetteredAt { get; init; }

    public MessageStatus Status => DeliveredAt is not null ? MessageStatus.Delivered : DeadLetteredAt is not null ? MessageStatus.DeadLettered : MessageStatus.Pending;

    /// <summary>Says which message, not what is in it.</summary>
    public override string ToString() => $"message {Id}";
}

internal static class MessageWords
{
    /// <summary>The words of a status, as operators see them and filter by them.</summary>
    public static readonly Words<MessageStatus> Statuses = new(
        (MessageStatus.Pending, "pending"),
        (MessageStatus.Delivered, "delivered"),
        (MessageStatus.DeadLettered, "parked"));
}

/// <summary>Where a message stands.</summary>
internal enum MessageStatus
{
    /// <summary>Waits, for its first attempt or a further one, or is being sent.</summary>
    Pending,

    Delivered,

    /// <summary>Given up; an operator may have it sent again.</summary>
    DeadLettered,
}
