namespace LicenseAuthority.Client.Format;

/// <summary>
/// Base64url without padding (RFC 4648 section 5), one spelling per value: no padding, no white space,
/// and the unused bits of the last character are zero. By hand because the framework's reader takes other spellings, and netstandard2.0 has none.
/// </summary>
internal static class StrictBase64Url
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    // 0–63 for a character of the alphabet, 255 for any other of the 128 ASCII characters.
    private static readonly byte[] Values = CreateValues();

    /// <summary>Encodes any bytes; the empty input gives the empty text.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) =>
        Convert.ToBase64String(bytes.ToArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>True for one of the 64 characters.</summary>
    public static bool IsInAlphabet(char character) => character < Values.Length && Values[character] != byte.MaxValue;

    /// <summary>Decodes the one accepted spelling; false for everything else.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        var result = text.Length % 4 == 1 ? [] : new byte[GetDecodedSize(text.Length)];
        if (!TryDecode(text, result))
        {
            return false;
        }

        bytes = result;
        return true;
    }

    /// <summary>How many bytes so many characters decode to.</summary>
    public static int GetDecodedSize(int length) => (int)(length * 3L / 4);

    /// <summary>
    /// Decodes the one accepted spelling into the beginning of <paramref name="result"/>, which must have room; false, with anything in it, for everything else.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> result)
    {
        if (text.Length % 4 == 1)
        {
            return false;
        }

        var position = 0;
        var buffer = 0;
        var bits = 0;
        foreach (var character in text)
        {
            if (!IsInAlphabet(character))
            {
                return false;
            }

            buffer = (buffer << 6) | Values[character];
            bits += 6;
            if (bits >= 8)
            {
                bits -= 8;
                result[position++] = (byte)(buffer >> bits);
            }

            buffer &= (1 << bits) - 1;
        }

        // What is left over are the padding bits: anything but zero would be a second spelling of the same bytes.
        return buffer == 0;
    }

    /// <summary>The same for ASCII bytes.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> ascii, Span<byte> result)
    {
        // Whole groups of four, so that no bits are left over between two pieces.
        const int Piece = 1024;
        Span<char> text = stackalloc char[Piece];
        for (var start = 0; start < ascii.Length; start += Piece)
        {
            var length = Math.Min(Piece, ascii.Length - start);
            for (var i = 0; i < length; i++)
            {
                text[i] = (char)ascii[start + i];
            }

            if (!TryDecode(text.Slice(0, length), result.Slice(GetDecodedSize(start))))
            {
                return false;
            }
        }

        return true;
    }

    private static byte[] CreateValues()
    {
        var values = new byte[128];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = byte.MaxValue;
        }

        for (var i = 0; i < Alphabet.Length; i++)
        {
            values[Alphabet[i]] = (byte)i;
        }

        return values;
    }
}
