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
    public static string Encode(byte[] bytes) => Encode(bytes, bytes.Length);

    /// <summary>Encodes the first <paramref name="count"/> bytes.</summary>
    public static string Encode(byte[] bytes, int count) =>
#if NET
        System.Buffers.Text.Base64Url.EncodeToString(bytes.AsSpan(0, count));
#else
        Convert.ToBase64String(bytes, 0, count).TrimEnd('=').Replace('+', '-').Replace('/', '_');
#endif

    /// <summary>True for one of the 64 characters.</summary>
    public static bool IsInAlphabet(char character) => character < Values.Length && Values[character] != byte.MaxValue;

    /// <summary>Decodes the one accepted spelling; false for everything else.</summary>
    public static bool TryDecode(string text, out byte[] bytes) => TryDecode(text, 0, text.Length, out bytes);

    /// <summary>The same for a part of a text.</summary>
    public static bool TryDecode(string text, int start, int length, out byte[] bytes)
    {
        bytes = [];
        var result = new byte[GetDecodedSize(length)];
        if (!TryDecode(text, start, length, result))
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
    public static bool TryDecode(string text, int start, int length, byte[] result)
    {
        var decoder = new Decoder(result);
        var i = start;
        for (; i <= start + length - 4; i += 4)
        {
            if (!decoder.TryAddFour(text[i], text[i + 1], text[i + 2], text[i + 3]))
            {
                return false;
            }
        }

        for (; i < start + length; i++)
        {
            if (!decoder.TryAdd(text[i]))
            {
                return false;
            }
        }

        return decoder.IsComplete;
    }

    /// <summary>The same for ASCII bytes.</summary>
    public static bool TryDecode(byte[] ascii, int start, int length, byte[] result)
    {
        var decoder = new Decoder(result);
        var i = start;
        for (; i <= start + length - 4; i += 4)
        {
            if (!decoder.TryAddFour(ascii[i], ascii[i + 1], ascii[i + 2], ascii[i + 3]))
            {
                return false;
            }
        }

        for (; i < start + length; i++)
        {
            if (!decoder.TryAdd((char)ascii[i]))
            {
                return false;
            }
        }

        return decoder.IsComplete;
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

    private struct Decoder(byte[] result)
    {
        private int _position;
        private int _buffer;
        private int _bits;

        // One character beyond whole groups of four is no byte. What else is left over are the padding bits: anything but zero would be a second spelling of the same
        // bytes.
        public readonly bool IsComplete => _bits < 6 && _buffer == 0;

        // Of characters that stand at the beginning or behind others by four: three bytes.
        public bool TryAddFour(int first, int second, int third, int fourth)
        {
            if ((first | second | third | fourth) >= Values.Length)
            {
                return false;
            }

            int one = Values[first], two = Values[second], three = Values[third], four = Values[fourth];
            if ((one | two | three | four) == byte.MaxValue)
            {
                return false;
            }

            result[_position] = (byte)((one << 2) | (two >> 4));
            result[_position + 1] = (byte)((two << 4) | (three >> 2));
            result[_position + 2] = (byte)((three << 6) | four);
            _position += 3;
            return true;
        }

        public bool TryAdd(char character)
        {
            if (!IsInAlphabet(character))
            {
                return false;
            }

            _buffer = (_buffer << 6) | Values[character];
            _bits += 6;
            if (_bits >= 8)
            {
                _bits -= 8;
                result[_position++] = (byte)(_buffer >> _bits);
            }

            _buffer &= (1 << _bits) - 1;
            return true;
        }
    }
}
