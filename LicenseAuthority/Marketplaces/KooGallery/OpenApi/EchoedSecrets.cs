using System.Buffers;
using System.Text;
using System.Text.Json;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>
/// What a call was signed with, and an answer that refuses it may quote: journal, log and operators would show it. It is blotted out of the bytes as they came, and
/// out of texts that were written with escapes. Immutable; thread-safe.
/// </summary>
internal sealed class EchoedSecrets
{
    // What is that short is found in any text.
    private const int Shortest = 8;

    private readonly List<string> _secrets;

    /// <summary>Of a call that is about to be sent.</summary>
    public EchoedSecrets(HttpRequestMessage message, OpenApiCredentials credentials)
    {
        const string Signature = "Signature=";
        var authorization = message.Headers.NonValidated["Authorization"].ToString();
        var signature = authorization[(authorization.LastIndexOf(Signature, StringComparison.Ordinal) + Signature.Length)..];
        string[] all = [credentials.SecretAccessKey, credentials.AccessKeyId, signature];
        _secrets = [.. all.Where(static secret => secret.Length >= Shortest)];
    }

    /// <summary>Blots them out of an answer as it came.</summary>
    public void Blot(Span<byte> answer)
    {
        foreach (var secret in _secrets)
        {
            var bytes = Encoding.UTF8.GetBytes(secret);
            var rest = answer;
            for (int at; (at = rest.IndexOf(bytes)) >= 0;)
            {
                rest.Slice(at, bytes.Length).Fill((byte)'*');
                rest = rest[(at + bytes.Length)..];
            }
        }
    }

    /// <summary>Blots them out of an answer that was read: texts by their value.</summary>
    public JsonElement Blot(JsonElement answer)
    {
        if (!answer.GetRawText().Contains('\\', StringComparison.Ordinal))
        {
            return answer;
        }

        try
        {
            var buffer = new ArrayBufferWriter<byte>(1024);
            using var writer = new Utf8JsonWriter(buffer);
            Write(writer, answer);
            writer.Flush();
            using var document = JsonDocument.Parse(buffer.WrittenMemory);
            return document.RootElement.Clone();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: nobody reads that text, nor does the journal keep it.
            return answer;
        }
    }

    /// <summary>Shows none.</summary>
    public override string ToString() => FormattableString.Invariant($"{_secrets.Count} secrets");

    private void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject())
                {
                    writer.WritePropertyName(Blotted(member.Name));
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Blotted(element.GetString()!));
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private string Blotted(string text) =>
        _secrets.Aggregate(text, static (rest, secret) => rest.Replace(secret, new string('*', secret.Length), StringComparison.Ordinal));
}
