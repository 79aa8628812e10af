namespace LicenseAuthority.Client.Format;

/// <summary>
/// Reads JSON (RFC 8259) as license codes allow it, and nothing else: no name twice in an object at any depth (compared after unescaping),
/// valid UTF-8, no lone surrogates, also not by escapes, only whole numbers of 64 bits in their one spelling (no fraction, exponent, leading
/// zero or −0), at most <see cref="MaximumDepth"/> levels and <see cref="MaximumValues"/> values, nothing after the value. Two readers must never see two different
/// licenses in the same bytes. Written by hand because no library on both targets refuses all of this.
/// </summary>
internal struct JsonReader
{
    /// <summary>How deep arrays and objects may be nested; the outermost one counts.</summary>
    public const int MaximumDepth = 8;

    /// <summary>
    /// How many values there may be, arrays and objects among them: more than any code has room for with the claims that there are. A text of a few characters a value
    /// would otherwise take many times its size in memory, before anybody has verified its signature.
    /// </summary>
    public const int MaximumValues = 2048;

    // Longer than the payload of a code: what is as long is a list's entries, of which no copy is made.
    private const int LongText = 16 * 1024;

    // From here on a set finds repeated names; below, walking the few members is cheaper.
    private const int FewMembers = 16;

    private readonly byte[] _bytes;
    private readonly int _end;
    private readonly CodePart _part;
    private readonly char[] _scratch;
    private int _position;
    private int _values;

    // The members of all objects that are not at their end yet, the innermost one's last.
    private JsonMember[] _members;
    private int _memberCount;
    private CodeFault? _fault;

    private JsonReader(byte[] bytes, int end, CodePart part, char[] scratch)
    {
        _bytes = bytes;
        _end = end;
        _part = part;
        _scratch = scratch;
        _members = ScratchArrays<JsonMember>.Rent(FewMembers);
    }

    /// <summary>Reads one value that takes up all the bytes; null, and the first fault with its position, when they are anything else.</summary>
    public static JsonValue? Read(byte[] utf8, CodePart part, out CodeFault? fault) => Read(utf8, utf8.Length, part, out fault);

    /// <summary>The same for the first <paramref name="length"/> bytes of <paramref name="utf8"/>.</summary>
    public static JsonValue? Read(byte[] utf8, int length, CodePart part, out CodeFault? fault)
    {
        var scratch = ScratchArrays<char>.Rent(length);
        var reader = new JsonReader(utf8, length, part, scratch);
        try
        {
            var value = reader.ReadValue(0);
            if (value is not null)
            {
                reader.SkipWhiteSpace();
                if (reader._position < length)
                {
                    value = reader.Fail(CodeFaultReason.TrailingBytes);
                }
            }

            fault = reader._fault;
            return value;
        }
        finally
        {
            ScratchArrays<char>.Return(scratch);
            ScratchArrays<JsonMember>.Return(reader._members);
        }
    }

    private JsonValue? ReadValue(int depth)
    {
        SkipWhiteSpace();
        if (_position == _end)
        {
            return Fail(CodeFaultReason.InvalidJson);
        }

        if (++_values > MaximumValues)
        {
            return Fail(CodeFaultReason.TooManyValues);
        }

        return (char)_bytes[_position] switch
        {
            '{' => depth == MaximumDepth ? Fail(CodeFaultReason.TooDeep) : ReadObject(depth + 1),
            '[' => depth == MaximumDepth ? Fail(CodeFaultReason.TooDeep) : ReadArray(depth + 1),
            '"' => ReadTextValue(),
            '-' or (>= '0' and <= '9') => ReadInteger(),
            't' => ReadLiteral("true", JsonValue.True),
            'f' => ReadLiteral("false", JsonValue.False),
            'n' => ReadLiteral("null", JsonValue.Null),
            _ => Fail(CodeFaultReason.InvalidJson),
        };
    }

    private JsonValue? ReadObject(int depth)
    {
        var first = _memberCount;
        HashSet<string>? names = null;
        _position++;
        if (TrySkip('}'))
        {
            return JsonValue.FromMembers([]);
        }

        while (true)
        {
            SkipWhiteSpace();
            var start = _position;
            if (start == _end || _bytes[start] != '"')
            {
                return Fail(CodeFaultReason.InvalidJson);
            }

            if (ReadText() is not { } name)
            {
                return null;
            }

            if (IsRepeated(first, name, ref names))
            {
                _position = start;
                return Fail(CodeFaultReason.RepeatedMember);
            }

            if (!TrySkip(':'))
            {
                return Fail(CodeFaultReason.InvalidJson);
            }

            if (ReadValue(depth) is not { } value)
            {
                return null;
            }

            Push(new JsonMember(name, value));
            if (TrySkip('}'))
            {
                return JsonValue.FromMembers(PopFrom(first));
            }

            if (!TrySkip(','))
            {
                return Fail(CodeFaultReason.InvalidJson);
            }
        }
    }

    private JsonValue? ReadArray(int depth)
    {
        _position++;
        if (TrySkip(']'))
        {
            return JsonValue.FromItems([]);
        }

        var items = new List<JsonValue>();

        while (true)
        {
            if (ReadValue(depth) is not { } value)
            {
                return null;
            }

            items.Add(value);
            if (TrySkip(']'))
            {
                return JsonValue.FromItems(items);
            }

            if (!TrySkip(','))
            {
                return Fail(CodeFaultReason.InvalidJson);
            }
        }
    }

    private JsonValue? ReadLiteral(string literal, JsonValue value)
    {
        for (var i = 0; i < literal.Length; i++)
        {
            if (_position + i >= _end || _bytes[_position + i] != literal[i])
            {
                return Fail(CodeFaultReason.InvalidJson);
            }
        }

        _position += literal.Length;
        return value;
    }

    private JsonValue? ReadInteger()
    {
        var start = _position;
        var negative = _bytes[_position] == '-';
        if (negative)
        {
            _position++;
        }

        // Summed up below zero, where one number more fits than above.
        var digits = _position;
        long value = 0;
        for (; _position < _end && _bytes[_position] is >= (byte)'0' and <= (byte)'9'; _position++)
        {
            var digit = _bytes[_position] - '0';
            if (value < (long.MinValue + digit) / 10)
            {
                _position = start;
                return Fail(CodeFaultReason.InvalidNumber);
            }

            value = (value * 10) - digit;
        }

        var count = _position - digits;
        var leadingZero = count > 0 && _bytes[digits] == '0' && (count > 1 || negative);
        var notWhole = _position < _end && (char)_bytes[_position] is '.' or 'e' or 'E';
        if (count == 0 || leadingZero || notWhole || (!negative && value == long.MinValue))
        {
            _position = start;
            return Fail(CodeFaultReason.InvalidNumber);
        }

        return JsonValue.FromInteger(negative ? value : -value);
    }

    private JsonValue? ReadTextValue()
    {
        if (_end > LongText)
        {
            var start = _position + 1;
            var end = start;
            while (end < _end && _bytes[end] is >= 0x20 and < 0x80 and not ((byte)'"' or (byte)'\\'))
            {
                end++;
            }

            if (end - start > LongText && end < _end && _bytes[end] == '"')
            {
                _position = end + 1;
                return JsonValue.FromLongText(start, end - start);
            }
        }

        return ReadText() is { } text ? JsonValue.FromText(text) : null;
    }

    private string? ReadText()
    {
        var length = 0;
        _position++;
        while (_position < _end)
        {
            var value = _bytes[_position];
            switch (value)
            {
                case (byte)'"':
                    _position++;
                    return UsualTexts.Find(_scratch, length) ?? new string(_scratch, 0, length);
                case (byte)'\\':
                    if (!TryReadEscape(ref length))
                    {
                        return null;
                    }

                    break;
                case < 0x20:
                    Fail(CodeFaultReason.InvalidJson);
                    return null;
                case < 0x80:
                    _scratch[length++] = (char)value;
                    _position++;
                    break;
                default:
                    if (!TryReadUtf8(ref length))
                    {
                        Fail(CodeFaultReason.InvalidUnicode);
                        return null;
                    }

                    break;
            }
        }

        Fail(CodeFaultReason.InvalidJson);
        return null;
    }

    private bool TryReadEscape(ref int length)
    {
        var start = _position;
        if (start + 1 >= _end)
        {
            Fail(CodeFaultReason.InvalidJson);
            return false;
        }

        var escaped = (char)_bytes[start + 1] switch
        {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => '\0',
        };
        if (escaped != '\0')
        {
            _scratch[length++] = escaped;
            _position += 2;
            return true;
        }

        if (!TryReadHex(out var unit))
        {
            Fail(CodeFaultReason.InvalidJson);
            return false;
        }

        _scratch[length++] = unit;
        if (!char.IsSurrogate(unit))
        {
            return true;
        }

        // A high surrogate with its low one right behind it is a character; any other surrogate is half of one.
        if (char.IsHighSurrogate(unit) && TryReadHex(out var low) && char.IsLowSurrogate(low))
        {
            _scratch[length++] = low;
            return true;
        }

        _position = start;
        Fail(CodeFaultReason.InvalidUnicode);
        return false;
    }

    // Reads \uXXXX at the position and moves on; false, without moving, for anything else.
    private bool TryReadHex(out char unit)
    {
        unit = '\0';
        if (_position + 6 > _end || _bytes[_position] != '\\' || _bytes[_position + 1] != 'u')
        {
            return false;
        }

        var value = 0;
        for (var i = 2; i < 6; i++)
        {
            var character = (char)_bytes[_position + i];
            var digit = character switch
            {
                >= '0' and <= '9' => character - '0',
                >= 'a' and <= 'f' => character - 'a' + 10,
                >= 'A' and <= 'F' => character - 'A' + 10,
                _ => -1,
            };
            if (digit < 0)
            {
                return false;
            }

            value = (value << 4) | digit;
        }

        _position += 6;
        unit = (char)value;
        return true;
    }

    private bool TryReadUtf8(ref int length)
    {
        if (!Utf8Text.TryReadPoint(_bytes, _end, ref _position, out var point))
        {
            return false;
        }

        Utf8Text.Append(_scratch, ref length, point);
        return true;
    }

    private void Push(JsonMember member)
    {
        if (_memberCount == _members.Length)
        {
            var more = ScratchArrays<JsonMember>.Rent(2 * _memberCount);
            Array.Copy(_members, more, _memberCount);
            ScratchArrays<JsonMember>.Return(_members);
            _members = more;
        }

        _members[_memberCount++] = member;
    }

    private JsonMember[] PopFrom(int first)
    {
        var members = new JsonMember[_memberCount - first];
        Array.Copy(_members, first, members, 0, members.Length);
        _memberCount = first;
        return members;
    }

    private readonly bool IsRepeated(int first, string name, ref HashSet<string>? names)
    {
        if (_memberCount - first < FewMembers)
        {
            for (var i = first; i < _memberCount; i++)
            {
                if (string.Equals(_members[i].Name, name, StringComparison.Ordinal))
                {
                    return true;
                }
            }

            return false;
        }

        if (names is null)
        {
            names = new HashSet<string>(StringComparer.Ordinal);
            for (var i = first; i < _memberCount; i++)
            {
                names.Add(_members[i].Name);
            }
        }

        return !names.Add(name);
    }

    private bool TrySkip(char expected)
    {
        SkipWhiteSpace();
        if (_position == _end || _bytes[_position] != expected)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void SkipWhiteSpace()
    {
        while (_position < _end && (char)_bytes[_position] is ' ' or '\t' or '\r' or '\n')
        {
            _position++;
        }
    }

    private JsonValue? Fail(CodeFaultReason reason)
    {
        _fault ??= CodeFault.At(reason, _part, _position);
        return null;
    }
}
