using System.Text.Json;
using System.Text.Json.Serialization;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Outbox;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>Writes the message with which a code that was asked for by <c>getLicenseAsync</c> is uploaded. It names the code and does not hold it. Thread-safe.</summary>
internal sealed class UploadMessages(Identifiers identifiers, TimeProvider time) : IOutboxSource
{
    /// <summary>The type of the messages.</summary>
    public const string Type = "license.upload";

    /// <inheritdoc/>
    public IReadOnlyList<OutboxMessage> MessagesOf(IReadOnlyList<LicenseEvent> events, string? conflictId) => [];

    /// <inheritdoc/>
    public IReadOnlyList<OutboxMessage> MessagesOf(OpenConflict unserved) => [];

    /// <inheritdoc/>
    public IReadOnlyList<OutboxMessage> MessagesOf(Notice notice) => [];

    /// <inheritdoc/>
    public IReadOnlyList<OutboxMessage> MessagesOf(CodeToDeliver code)
    {
        // Codes for the same event go in the order in which they were made.
        var upload = new UploadPayload(code.License.Id, code.Generation, code.Request.Id, code.License.Test);
        return
        [
            new OutboxMessage(
                identifiers.NewMessageId(), LicenseUploads.DestinationKind, code.License.Account, code.Request.Id, Type, upload.ToJson(),
                LicenseTime.CutToMillisecond(time.GetUtcNow())),
        ];
    }

    /// <inheritdoc/>
    public bool Hears(LicenseEventType type) => type is LicenseEventType.Activated or LicenseEventType.CodeRenewed or LicenseEventType.Reissued;
}

/// <summary>Which code is to be uploaded for which event.</summary>
/// <param name="LicenseId">The license.</param>
/// <param name="Generation">The code's number.</param>
/// <param name="EventId">The marketplace's event.</param>
/// <param name="Test">It is a debug case.</param>
internal sealed record UploadPayload(string LicenseId, int Generation, string EventId, bool Test)
{
    /// <summary>As it stands in the message.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, UploadPayloadJson.Default.UploadPayload);

    /// <summary>Reads it back.</summary>
    public static UploadPayload Read(string json) => JsonSerializer.Deserialize(json, UploadPayloadJson.Default.UploadPayload)!;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UploadPayload))]
internal sealed partial class UploadPayloadJson : JsonSerializerContext;
