using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LicenseAuthority.Codes;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Stores;

/// <summary>
/// The facts of a license before and after an event, as JSON objects: of two licenses only what differs, of a new one all that is set.
/// Written once with the event and never parsed again: the admin door hands them on as they are.
/// </summary>
internal static class EventFacts
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Both sides; an object without members becomes null.</summary>
    public static (string? Before, string? After) Compare(License? before, License after) => before is null
        ? (null, Write(after, null))
        : (Write(before, after), Write(after, before));

    private static string? Write(License license, License? other)
    {
        // Room for most: it grows by 4 KiB.
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            Text(writer, "state", license.RecordedState.ToWord(), other?.RecordedState.ToWord());
            Instant(writer, "expiresAt", license.ExpiresAt, other?.ExpiresAt, other is not null);
            Instant(writer, "expiredByMarketplaceAt", license.ExpiredByMarketplaceAt, other?.ExpiredByMarketplaceAt, other is not null);
            Instant(writer, "releasedAt", license.Release?.At, other?.Release?.At, other is not null);
            Text(writer, "releasedBy", license.Release?.By.ToWord(), other?.Release?.By.ToWord());
            Instant(writer, "revokedAt", license.Revocation?.At, other?.Revocation?.At, other is not null);
            Instant(writer, "heldByMarketplaceSince", license.HoldMarketplace?.Since, other?.HoldMarketplace?.Since, other is not null);
            Instant(writer, "heldByAdminSince", license.HoldAdmin?.Since, other?.HoldAdmin?.Since, other is not null);
            if (other is null || other.Quantity != license.Quantity)
            {
                writer.WriteNumber("quantity", license.Quantity);
            }

            if (other is null || other.Generation != license.Generation)
            {
                writer.WriteNumber("generation", license.Generation);
            }

            if (other is null ? license.Trial : other.Trial != license.Trial)
            {
                writer.WriteBoolean("trial", license.Trial);
            }

            if (other is not null && !other.Entitlements.Equals(license.Entitlements))
            {
                writer.WritePropertyName("entitlements");
                EntitlementsJson.Write(writer, license.Entitlements);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenCount <= 2 ? null : Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    // A fact that the other side has and this one has not is written as null, so that a reader sees it go.
    private static void Text(Utf8JsonWriter writer, string name, string? value, string? other)
    {
        if (value is not null && value != other)
        {
            writer.WriteString(name, value);
        }
        else if (value is null && other is not null)
        {
            writer.WriteNull(name);
        }
    }

    private static void Instant(Utf8JsonWriter writer, string name, DateTimeOffset? value, DateTimeOffset? other, bool compares)
    {
        if (value is { } instant && (!compares || instant != other))
        {
            writer.WriteString(name, Rfc3339.Seconds(instant));
        }
        else if (value is null && other is not null)
        {
            writer.WriteNull(name);
        }
    }
}
