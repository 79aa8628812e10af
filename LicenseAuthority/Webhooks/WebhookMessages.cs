using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Outbox;

namespace LicenseAuthority.Webhooks;

/// <summary>
/// Makes the messages of events, for the webhooks that want to hear of them. docs/webhooks.md has the members. A message holds neither the license code,
/// which is a credential, nor the customer's name.
/// </summary>
internal sealed class WebhookMessages(WebhookSubscriptions subscriptions, Identifiers identifiers, TimeProvider time) : IOutboxSource
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public IReadOnlyList<OutboxMessage> MessagesOf(IReadOnlyList<LicenseEvent> events, string? conflictId)
    {
        List<OutboxMessage>? messages = null;
        for (var i = 0; i < events.Count; i++)
        {
            var happened = events[i];
            var word = happened.Type.ToWord();
            var webhooks = subscriptions.Of(word);
            if (webhooks.Count == 0)
            {
                continue;
            }

            var payload = Write(happened, conflictId);
            var now = time.GetUtcNow();
            messages ??= [];
            foreach (var webhook in webhooks)
            {
                messages.Add(new OutboxMessage(
                    identifiers.NewMessageId(), WebhookSender.DestinationKind, webhook.Id, happened.After.Id, word, payload, now));
            }
        }

        return messages ?? (IReadOnlyList<OutboxMessage>)[];
    }

    /// <inheritdoc/>
    public IReadOnlyList<OutboxMessage> MessagesOf(CodeToDeliver code) => [];

    /// <inheritdoc/>
    public IReadOnlyList<OutboxMessage> MessagesOf(OpenConflict unserved) =>

        // A test order alarms nobody.
        unserved.Order is { Key.Test: false } order
            ? MessagesOf(new Notice(LicenseEventType.Unserved.ToWord(), unserved.At, writer => WriteUnserved(writer, unserved, order)))
            : [];

    /// <inheritdoc/>
    public IReadOnlyList<OutboxMessage> MessagesOf(Notice notice)
    {
        var webhooks = subscriptions.Of(notice.Type);
        if (webhooks.Count == 0)
        {
            return [];
        }

        var payload = Write(notice.Type, notice.At, licenseId: null, notice.WriteData);
        var now = time.GetUtcNow();

        // No license orders them; nothing follows on them either.
        return [.. webhooks.Select(webhook => new OutboxMessage(
            identifiers.NewMessageId(), WebhookSender.DestinationKind, webhook.Id, OrderingKey: null, notice.Type, payload, now))];
    }

    /// <inheritdoc/>
    public bool Hears(LicenseEventType type) => subscriptions.Of(type.ToWord()).Count > 0;

    private static string Write(LicenseEvent happened, string? conflictId) =>
        Write(happened.Type.ToWord(), happened.At, happened.After.Id, writer => WriteEvent(writer, happened, conflictId));

    private static string Write(string type, DateTimeOffset at, string? licenseId, Action<Utf8JsonWriter> writeData)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("type", type);
        Instant(writer, "timestamp", at);
        writer.WriteStartObject("data");
        writer.WriteString("licenseId", licenseId);
        writeData(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteEvent(Utf8JsonWriter writer, LicenseEvent happened, string? conflictId)
    {
        var license = happened.After;
        writer.WriteString("product", license.Product);
        writer.WriteBoolean("test", license.Test);
        writer.WriteBoolean("trial", license.Trial);
        writer.WriteString("account", license.Account);
        writer.WriteString("state", license.RecordedState.ToWord());
        writer.WriteNumber("quantity", license.Quantity);
        Instant(writer, "startsAt", license.StartsAt);
        Instant(writer, "expiresAt", license.ExpiresAt);
        Instant(writer, "graceEndsAt", license.GraceEndsAt);
        writer.WriteString("customerId", license.Customer.Id);
        writer.WriteString("marketplaceCustomerId", license.Customer.MarketplaceCustomerId);
        writer.WriteString("actor", happened.Source.Actor);
        writer.WriteString("activity", happened.Source.Activity);
        writer.WriteString("orderId", happened.Source.OrderId);
        writer.WriteString("orderLineId", happened.Source.OrderLineId);
        writer.WriteString("conflictId", happened.Type is LicenseEventType.Conflict or LicenseEventType.Unserved ? conflictId : null);
        writer.WriteString("remark", happened.Remark);
    }

    // The members of every event, null where there is no license to have them, and what only the order tells.
    private static void WriteUnserved(Utf8JsonWriter writer, OpenConflict unserved, OrderFacts order)
    {
        writer.WriteNull("product");
        writer.WriteBoolean("test", order.Key.Test);
        writer.WriteBoolean("trial", false);
        writer.WriteString("account", order.Key.Account);
        writer.WriteNull("state");
        if (unserved.Proposal.Quantity is { } quantity)
        {
            writer.WriteNumber("quantity", quantity);
        }
        else
        {
            writer.WriteNull("quantity");
        }

        writer.WriteNull("startsAt");
        Instant(writer, "expiresAt", unserved.Proposal.ExpiresAt);
        writer.WriteNull("graceEndsAt");
        writer.WriteNull("customerId");
        writer.WriteString("marketplaceCustomerId", order.MarketplaceCustomerId);
        writer.WriteString("actor", unserved.Source.Actor);
        writer.WriteString("activity", unserved.Source.Activity);
        writer.WriteString("orderId", order.Key.OrderId);
        writer.WriteString("orderLineId", unserved.Source.OrderLineId);
        writer.WriteString("conflictId", unserved.Id);
        writer.WriteString("remark", unserved.Reason);
        writer.WriteString("instanceId", unserved.InstanceId);
        writer.WriteString("marketplaceProductId", order.Key.MarketplaceProductId is { Length: > 0 } product ? product : null);
    }

    private static void Instant(Utf8JsonWriter writer, string name, DateTimeOffset? instant) =>
        writer.WriteString(name, instant is { } at ? Rfc3339.Milliseconds(at) : null);
}
