using System.Text.Json;
using System.Text.Unicode;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// The parameters of a POST call: the members of one JSON object. A text may come as an integer; null is absent, as an empty text is. Members that nobody asks for
/// may be anything that JSON knows; but no text anywhere, nor a member's name, may hold what no database keeps: U+0000, or half of a surrogate pair.
/// </summary>
internal sealed class JsonParameters : ICallParameters
{
    /// <summary>The deepest nesting of a body.</summary>
    public const int Deepest = 8;

    /// <summary>No members, and no body.</summary>
    public static readonly JsonParameters None = new([], default);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = Deepest, AllowDuplicateProperties = false };

    // Null: something else than a text.
    private readonly Dictionary<string, string?> _members;

    private readonly ReadOnlyMemory<byte> _body;

    private JsonParameters(Dictionary<string, string?> members, ReadOnlyMemory<byte> body)
    {
        _members = members;
        _body = body;
    }

    /// <inheritdoc/>
    public CallContent Content => CallContent.FromJson(_body);

    /// <inheritdoc/>
    /// <remarks>A body with a member that comes twice is not read at all.</remarks>
    public string? FirstRepeated => null;

    /// <inheritdoc/>
    public string? Find(string name) => _members.GetValueOrDefault(name);

    /// <inheritdoc/>
    public bool IsOtherThanText(string name) => _members.TryGetValue(name, out var value) && value is null;

    /// <summary>Reads a body; a byte order mark is skipped. False: <paramref name="problem"/> says what is wrong with it.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> body, out JsonParameters parameters, out string problem)
    {
        // Nothing can be asked of a body that cannot be read.
        parameters = new JsonParameters([], body);
        problem = "";
        var text = body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;
        if (!Utf8.IsValid(text.Span))
        {
            problem = "the body is no UTF-8";
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                problem = "the body is no JSON object";
                return false;
            }

            if (FindNoText(text.Span) is { } fault)
            {
                problem = fault;
                return false;
            }

            parameters = new JsonParameters(ReadMembers(document.RootElement), body);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            problem = DescribeFault(text);
            return false;
        }
    }

    private static Dictionary<string, string?> ReadMembers(JsonElement root)
    {
        var members = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null)
            {
                members.Add(member.Name, ReadText(member.Value));
            }
        }

        return members;
    }

    private static string? ReadText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number when value.GetRawText() is var number && number.AsSpan().TrimStart('-').IndexOfAnyExceptInRange('0', '9') < 0 => number,
        _ => null,
    };

    // Of JSON that can be read: a name or a text that holds what no database keeps, at any depth. Both can only come escaped.
    private static string? FindNoText(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0)
        {
            return null;
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Deepest });
        var member = "";
        while (reader.Read())
        {
            var isName = reader.TokenType == JsonTokenType.PropertyName;
            if (!isName && reader.TokenType != JsonTokenType.String)
            {
                continue;
            }

            string? text = null;
            try
            {
                text = reader.GetString()!;
            }
            catch (InvalidOperationException)
            {
                // Half of a surrogate pair.
            }

            if (text is null || text.Contains('\0', StringComparison.Ordinal))
            {
                var held = text is null ? "half of a surrogate pair" : "the character U+0000";
                return isName ? $"the name of a member holds {held}" : $"the parameter {MarketplaceQuery.Shorten(member)} holds {held}";
            }

            member = isName ? text : member;
        }

        return null;
    }

    // What keeps it from being read, once it is known that something does.
    private static string DescribeFault(ReadOnlyMemory<byte> text)
    {
        if (IsReadable(text, new JsonDocumentOptions { MaxDepth = Deepest, AllowDuplicateProperties = true }))
        {
            return FindNoText(text.Span) ?? "the body has a member that comes more than once";
        }

        // Reading costs the square of the depth: what is nested without end is not looked at any further.
        return IsReadable(text, new JsonDocumentOptions { MaxDepth = 8 * Deepest, AllowDuplicateProperties = true })
            ? $"the body is nested deeper than {Deepest}"
            : $"the body is no JSON, or nested much deeper than {Deepest}";
    }

    private static bool IsReadable(ReadOnlyMemory<byte> text, JsonDocumentOptions options)
    {
        try
        {
            using var document = JsonDocument.Parse(text, options);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
