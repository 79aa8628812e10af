using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Codes;

/// <summary>Entitlements as a JSON object: the same in the <c>ent</c> claim, in the store and in the admin door's answers.</summary>
internal static class EntitlementsJson
{
    /// <summary>Writes the object; names in ordinal order.</summary>
    public static void Write(Utf8JsonWriter writer, Entitlements entitlements)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in entitlements.Values)
        {
            writer.WritePropertyName(name);
            switch (value)
            {
                case EntitlementValue.Flag flag:
                    writer.WriteBooleanValue(flag.Value);
                    break;
                case EntitlementValue.Number number:
                    writer.WriteNumberValue(number.Value);
                    break;
                case EntitlementValue.Text text:
                    writer.WriteStringValue(text.Value);
                    break;
                case EntitlementValue.List list:
                    writer.WriteStartArray();
                    foreach (var item in list.Values)
                    {
                        writer.WriteStringValue(item);
                    }

                    writer.WriteEndArray();
                    break;
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>The object as text; null when there are none.</summary>
    public static string? ToText(Entitlements entitlements)
    {
        if (entitlements.Values.IsEmpty)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, entitlements);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="ToText"/> wrote; throws <see cref="FormatException"/> for anything else.</summary>
    public static Entitlements FromText(string? text)
    {
        if (text is null)
        {
            return Entitlements.None;
        }

        using var document = JsonDocument.Parse(text);
        return Entitlements.Create(document.RootElement.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, ReadValue(member.Value))));
    }

    private static EntitlementValue ReadValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => new EntitlementValue.Flag(true),
        JsonValueKind.False => new EntitlementValue.Flag(false),
        JsonValueKind.Number => new EntitlementValue.Number(value.GetInt64()),
        JsonValueKind.String => new EntitlementValue.Text(value.GetString()!),
        JsonValueKind.Array => new EntitlementValue.List(ImmutableArray.CreateRange(value.EnumerateArray().Select(item => item.GetString()!))),
        _ => throw new FormatException("An entitlement is a boolean, an integer, a text or a list of texts."),
    };
}
