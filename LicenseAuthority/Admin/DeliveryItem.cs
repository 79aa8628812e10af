using System.Text.Json;
using LicenseAuthority.Outbox;

namespace LicenseAuthority.Admin;

/// <summary>A message to a webhook as the admin door shows it.</summary>
internal sealed record DeliveryItem(
    string Id,
    string Type,
    string? LicenseId,
    string Status,
    DateTimeOffset CreatedAt,
    int Attempts,
    DateTimeOffset? NextAttemptAt,
    AttemptItem? LastAttempt,
    DateTimeOffset? DeliveredAt,
    DateTimeOffset? ParkedAt,
    JsonElement Payload)
{
    public static DeliveryItem From(MessageRecord record) => new(
        record.Id,
        record.Type,
        record.OrderingKey,
        MessageWords.Statuses.WordOf(record.Status),
        record.CreatedAt,
        record.Attempts,
        record.Status == MessageStatus.Pending ? record.NextAttemptAt : null,
        record.LastAttemptAt is { } at ? new AttemptItem(at, record.LastStatus, record.LastError, record.LastAnswer) : null,
        record.DeliveredAt,
        record.DeadLetteredAt,
        JsonElement.Parse(record.Payload));
}

/// <summary>How the last attempt ended.</summary>
internal sealed record AttemptItem(DateTimeOffset At, int? Status, string? Error, string? Answer);
