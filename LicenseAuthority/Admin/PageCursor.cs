using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Admin;

/// <summary>
/// A cursor as callers see it: base64url of a checksum and the position. It belongs to one list with its filters. The checksum finds damage and mix-ups; it
/// is no secret, as a caller who may list may start anywhere.
/// </summary>
internal static class PageCursor
{
    private const int ChecksumSize = 8;
    private const int LongestText = 512;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes one. <paramref name="list"/> names the list and its filters.</summary>
    public static string Write(string list, string position)
    {
        var bytes = Encoding.UTF8.GetBytes(position);
        return Base64Url.EncodeToString([.. Checksum(list, bytes), .. bytes]);
    }

    /// <summary>Reads one; false unless it was written for the same list with the same filters.</summary>
    public static bool TryRead(string list, string text, out string position)
    {
        position = "";
        if (text.Length > LongestText || !Base64Url.IsValid(text))
        {
            return false;
        }

        // Re-encoded, so that a cursor has one spelling: the decoder also takes white space and padding.
        var bytes = Base64Url.DecodeFromChars(text);
        if (Base64Url.EncodeToString(bytes) != text || bytes.Length <= ChecksumSize
            || !Checksum(list, bytes.AsSpan(ChecksumSize)).SequenceEqual(bytes.AsSpan(0, ChecksumSize)))
        {
            return false;
        }

        try
        {
            position = StrictUtf8.GetString(bytes.AsSpan(ChecksumSize));
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        // Whoever can make the checksum can write anything, and no position has such: PostgreSQL takes no text with U+0000.
        return !position.Any(char.IsControl);
    }

    private static ReadOnlySpan<byte> Checksum(string list, ReadOnlySpan<byte> position) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(list), 0, .. position]).AsSpan(0, ChecksumSize);
}
