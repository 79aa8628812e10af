namespace LicenseAuthority.Client.Format;

/// <summary>A value that <see cref="JsonReader"/> read. Immutable and small; a property that does not fit <see cref="Kind"/> is empty.</summary>
internal readonly struct JsonValue
{
    // The integer; 1 for true; where a long text stands in the upper half, and its length in the lower one.
    private readonly long _number;

    // A text, a list of values or a list of members.
    private readonly object? _content;

    private JsonValue(JsonKind kind, long number = 0, object? content = null) => (Kind, _number, _content) = (kind, number, content);

    public static JsonValue Null { get; } = new(JsonKind.Null);

    public static JsonValue True { get; } = new(JsonKind.Boolean, 1);

    public static JsonValue False { get; } = new(JsonKind.Boolean);

    public JsonKind Kind { get; }

    public bool Boolean => Kind == JsonKind.Boolean && _number != 0;

    public long Integer => Kind == JsonKind.Integer ? _number : 0;

    public string Text => _content as string ?? "";

    /// <summary>
    /// Where a very long text of plain ASCII without escapes stands in the bytes that were read: such a one is not copied, and <see cref="Text"/> is empty.
    /// </summary>
    public int LongTextStart => Kind == JsonKind.Text ? (int)(_number >> 32) : 0;

    /// <summary>Its length; 0 for any other value.</summary>
    public int LongTextLength => Kind == JsonKind.Text ? (int)_number : 0;

    public IReadOnlyList<JsonValue> Items => _content is List<JsonValue> items ? items : [];

    public IReadOnlyList<JsonMember> Members => _content as JsonMember[] ?? [];

    public static JsonValue FromInteger(long value) => new(JsonKind.Integer, value);

    public static JsonValue FromText(string value) => new(JsonKind.Text, content: value);

    public static JsonValue FromLongText(int start, int length) => new(JsonKind.Text, ((long)start << 32) | (uint)length);

    public static JsonValue FromItems(List<JsonValue> items) => new(JsonKind.Array, content: items);

    public static JsonValue FromMembers(JsonMember[] members) => new(JsonKind.Object, content: members);

    /// <summary>The value of a member, or null when there is none of this name.</summary>
    public JsonValue? Find(string name)
    {
        if (_content is JsonMember[] members)
        {
            foreach (var member in members)
            {
                if (string.Equals(member.Name, name, StringComparison.Ordinal))
                {
                    return member.Value;
                }
            }
        }

        return null;
    }
}
