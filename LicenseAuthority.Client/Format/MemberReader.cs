namespace LicenseAuthority.Client.Format;

/// <summary>
/// Takes members out of a JSON object and remembers the first one that is missing or wrong, so that the caller reads like a table and asks
/// once, at the end. After a fault the values are placeholders and must not be used.
/// </summary>
internal sealed class MemberReader
{
    private readonly JsonValue _object;
    private readonly CodePart _part;

    public MemberReader(JsonValue value, CodePart part)
    {
        _object = value;
        _part = part;
        if (value.Kind != JsonKind.Object)
        {
            Fault = CodeFault.At(CodeFaultReason.NotAnObject, part);
        }
    }

    /// <summary>The first fault, or null.</summary>
    public CodeFault? Fault { get; private set; }

    /// <summary>Remembers that a member's value is not allowed.</summary>
    public void Refuse(string name) => Fault ??= CodeFault.In(CodeFaultReason.InvalidMember, _part, name);

    /// <summary>The member, or null when it is absent.</summary>
    public JsonValue? Optional(string name) => _object.Find(name);

    /// <summary>A text of 1 to <paramref name="maximumLength"/> characters.</summary>
    public string RequiredText(string name, int maximumLength = int.MaxValue) => OptionalText(name, maximumLength) ?? Missing(name, "");

    /// <summary>A text of 1 to <paramref name="maximumLength"/> characters, or null when absent.</summary>
    public string? OptionalText(string name, int maximumLength = int.MaxValue)
    {
        if (Optional(name) is not { } value)
        {
            return null;
        }

        if (value.Kind != JsonKind.Text || value.Text.Length == 0 || value.Text.Length > maximumLength)
        {
            Refuse(name);
        }

        return value.Text;
    }

    /// <summary>An integer in a range, both ends included.</summary>
    public long RequiredInteger(string name, long minimum, long maximum) => OptionalInteger(name, minimum, maximum) ?? Missing(name, minimum);

    /// <summary>An integer in a range, both ends included, or null when absent.</summary>
    public long? OptionalInteger(string name, long minimum, long maximum)
    {
        if (Optional(name) is not { } value)
        {
            return null;
        }

        if (value.Kind != JsonKind.Integer || value.Integer < minimum || value.Integer > maximum)
        {
            Refuse(name);
            return minimum;
        }

        return value.Integer;
    }

    /// <summary>An instant in Unix seconds, from 1970 to the end of the year 9999.</summary>
    public DateTimeOffset RequiredInstant(string name) => OptionalInstant(name) ?? Missing(name, default(DateTimeOffset));

    /// <summary>An instant in Unix seconds, from 1970 to the end of the year 9999, or null when absent.</summary>
    public DateTimeOffset? OptionalInstant(string name) =>
        OptionalInteger(name, 0, KeyCertificate.LatestSecond) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>True for the value true, false when absent: false is not written.</summary>
    public bool Flag(string name)
    {
        var value = Optional(name);
        if (value is { Boolean: false })
        {
            Refuse(name);
        }

        return value is not null;
    }

    private T Missing<T>(string name, T placeholder)
    {
        Fault ??= CodeFault.In(CodeFaultReason.MissingMember, _part, name);
        return placeholder;
    }
}
