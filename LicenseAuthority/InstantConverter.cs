using System.Text.Json;
using System.Text.Json.Serialization;

namespace LicenseAuthority;

/// <summary>Instants in JSON: RFC 3339 in UTC with <c>Z</c>; fractions only where there are any.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Rfc3339.Milliseconds(value));
}
