namespace LicenseAuthority.Client.Format;

/// <summary>A value that <see cref="JsonReader"/> read. Immutable; a property that does not fit <see cref="Kind"/> is empty.</summary>
internal sealed class JsonValue
{
    private JsonValue(JsonKind kind) => Kind = kind;

    public static JsonValue Null { get; } = new(JsonKind.Null);

    public static JsonValue True { get; } = new(JsonKind.Boolean) { Boolean = true };

    public static JsonValue False { get; } = new(JsonKind.Boolean);

    public JsonKind Kind { get; }

    public bool Boolean { get; private init; }

    public long Integer { get; private init; }

    public string Text { get; private init; } = "";

    /// <summary>
    /// Where a very long text of plain ASCII without escapes stands in the bytes that were read: such a one is not copied, and <see cref="Text"/> is empty.
    /// </summary>
    public int LongTextStart { get; private init; }

    /// <summary>Its length; 0 for any other value.</summary>
    public int LongTextLength { get; private init; }

    public IReadOnlyList<JsonValue> Items { get; private init; } = [];

    public IReadOnlyList<JsonMember> Members { get; private init; } = [];

    public static JsonValue FromInteger(long value) => new(JsonKind.Integer) { Integer = value };

    public static JsonValue FromText(string value) => new(JsonKind.Text) { Text = value };

    public static JsonValue FromLongText(int start, int length) => new(JsonKind.Text) { LongTextStart = start, LongTextLength = length };

    public static JsonValue FromItems(IReadOnlyList<JsonValue> items) => new(JsonKind.Array) { Items = items };

    public static JsonValue FromMembers(IReadOnlyList<JsonMember> members) => new(JsonKind.Object) { Members = members };

    /// <summary>The value of a member, or null when there is none of this name.</summary>
    public JsonValue? Find(string name)
    {
        for (var i = 0; i < Members.Count; i++)
        {
            if (string.Equals(Members[i].Name, name, StringComparison.Ordinal))
            {
                return Members[i].Value;
            }
        }

        return null;
    }
}
