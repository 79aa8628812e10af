namespace LicenseAuthority.Client.Format;

/// <summary>
/// UTF-8 (RFC 3629): the shortest form only, no surrogates, nothing above U+10FFFF. By hand, as the framework makes several objects for each byte that is none, which
/// a file of nothing else turns into thirty times its size.
/// </summary>
internal static class Utf8Text
{
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// Reads the character at the position, which must not be ASCII, and moves on; false, without moving, where there is none before <paramref name="end"/>.
    /// </summary>
    public static bool TryReadPoint(byte[] bytes, int end, ref int position, out int point)
    {
        var lead = bytes[position];
        (var following, var smallest, point) = lead switch
        {
            >= 0xC2 and <= 0xDF => (1, 0x80, lead & 0x1F),
            >= 0xE0 and <= 0xEF => (2, 0x800, lead & 0x0F),
            >= 0xF0 and <= 0xF4 => (3, 0x10000, lead & 0x07),
            _ => (0, 0, 0),
        };
        if (following == 0 || position + following >= end)
        {
            return false;
        }

        for (var i = 1; i <= following; i++)
        {
            var next = bytes[position + i];
            if ((next & 0xC0) != 0x80)
            {
                return false;
            }

            point = (point << 6) | (next & 0x3F);
        }

        if (point < smallest || point > 0x10FFFF || point is >= 0xD800 and <= 0xDFFF)
        {
            return false;
        }

        position += following + 1;
        return true;
    }

    /// <summary>The UTF-16 of a character: one unit or two, which are appended.</summary>
    public static void Append(char[] units, ref int length, int point)
    {
        if (point < 0x10000)
        {
            units[length++] = (char)point;
        }
        else
        {
            units[length++] = (char)(0xD800 + ((point - 0x10000) >> 10));
            units[length++] = (char)(0xDC00 + ((point - 0x10000) & 0x3FF));
        }
    }

    /// <summary>The text of a foreign file or answer, where each byte that belongs to no character is U+FFFD.</summary>
    public static string Decode(byte[] bytes)
    {
        var units = ScratchArrays<char>.Rent(bytes.Length);
        var length = 0;
        for (var position = 0; position < bytes.Length;)
        {
            if (bytes[position] < 0x80)
            {
                units[length++] = (char)bytes[position++];
            }
            else if (TryReadPoint(bytes, bytes.Length, ref position, out var point))
            {
                Append(units, ref length, point);
            }
            else
            {
                units[length++] = Replacement;
                position++;
            }
        }

        var text = new string(units, 0, length);
        ScratchArrays<char>.Return(units);
        return text;
    }
}
