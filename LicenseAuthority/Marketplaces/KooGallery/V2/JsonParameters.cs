using System.Text.Json;
using System.Text.Unicode;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// The parameters of a POST call: the members of one JSON object. A text may come as an integer; null is absent, as an empty text is. Members that nobody asks for
/// may be anything.
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

    private static string? ReadText(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                try
                {
                    return value.GetString();
                }
                catch (InvalidOperationException)
                {
                    // Half of a surrogate pair: no text has it.
                    return null;
                }

            case JsonValueKind.Number when value.GetRawText() is var number && number.AsSpan().TrimStart('-').IndexOfAnyExceptInRange('0', '9') < 0:
                return number;
            default:
                return null;
        }
    }

    // What keeps it from being read, once it is known that something does.
    private static string DescribeFault(ReadOnlyMemory<byte> text)
    {
        if (IsReadable(text, new JsonDocumentOptions { MaxDepth = Deepest, AllowDuplicateProperties = true }))
        {
            return "the body has a member that comes more than once, or a name that is no text";
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
