using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>The answer to a marketplace call. HTTP 200 whatever the code, as the marketplace looks only into the body.</summary>
/// <param name="Code">One of <see cref="ResultCode"/>.</param>
/// <param name="Message">For people, cut to 255 characters.</param>
/// <param name="License">The license code, or null.</param>
/// <param name="InstanceId">The license id, or null.</param>
internal sealed record MarketplaceAnswer(string Code, string Message, string? License = null, string? InstanceId = null)
{
    /// <summary>The longest <c>resultMsg</c> that the marketplace takes, in characters.</summary>
    public const int LongestMessage = 255;

    // The writer asks for three bytes for each character before it writes a text, the license code above all: with less the buffer would grow fivefold.
    private const int BufferSize = 4 * 1024;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The instances that are told of, or null.</summary>
    public IReadOnlyList<string>? Instances { get; init; }

    /// <summary>The instance that it is about where the call names it by something else, for the journal; null = the call says it. No part of what is sent.</summary>
    public string? About { get; init; }

    /// <summary>Success without more to say.</summary>
    public static readonly MarketplaceAnswer Success = new(ResultCode.Success, "success.");

    public static MarketplaceAnswer BadParameter(string message) => new(ResultCode.BadParameter, message);

    /// <summary>The body, written once: exactly these bytes are signed and sent.</summary>
    public ReadOnlyMemory<byte> ToBody()
    {
        var buffer = new ArrayBufferWriter<byte>(BufferSize);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("resultCode"u8, Code);
        writer.WriteString("resultMsg"u8, Cut(Message));
        if (License is not null)
        {
            writer.WriteString("license"u8, License);
        }

        if (InstanceId is not null)
        {
            writer.WriteString("instanceId"u8, InstanceId);
        }

        if (Instances is not null)
        {
            writer.WriteStartArray("info"u8);
            foreach (var instance in Instances)
            {
                writer.WriteStartObject();
                writer.WriteString("instanceId"u8, instance);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>The body as a text, to be kept beside the effect of a call.</summary>
    public string ToText() => Encoding.UTF8.GetString(ToBody().Span);

    /// <summary>The answer whose <see cref="ToText"/> was kept.</summary>
    public static MarketplaceAnswer FromText(string text)
    {
        using var document = JsonDocument.Parse(text);
        var answer = document.RootElement;
        return new MarketplaceAnswer(Text("resultCode")!, Text("resultMsg")!, Text("license"), Text("instanceId"))
        {
            Instances = answer.TryGetProperty("info", out var info) ? [.. info.EnumerateArray().Select(static each => each.GetProperty("instanceId").GetString()!)] : null,
        };

        string? Text(string name) => answer.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    /// <summary>Shows the code and the message, never the license code.</summary>
    public override string ToString() => $"{Code} {Message}";

    private static string Cut(string message)
    {
        if (message.Length <= LongestMessage)
        {
            return message;
        }

        // Not in the middle of a surrogate pair.
        var end = char.IsHighSurrogate(message[LongestMessage - 1]) ? LongestMessage - 1 : LongestMessage;
        return message[..end];
    }
}
