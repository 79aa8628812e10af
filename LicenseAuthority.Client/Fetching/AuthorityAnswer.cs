using System.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client.Fetching;

/// <summary>What came back from an authority, or that nothing did. Nothing in it is believed by itself. Immutable.</summary>
internal sealed class AuthorityAnswer
{
    /// <summary>The problem of every 429, whoever answered it, but for one.</summary>
    public const string TooOften = "too-many-requests";

    // It counts how often places are given up in a month, and does not hold back anything else.
    private const string TooManyFrees = "too-many-frees";

    private readonly byte[] _bytes;
    private readonly JsonValue? _json;

    private AuthorityAnswer(int status, string? problem, TimeSpan? retryAfter, byte[] bytes, JsonValue? json) =>
        (Status, Problem, RetryAfter, _bytes, _json) = (status, problem, retryAfter, bytes, json);

    /// <summary>The HTTP status; 0: there is no answer that counts.</summary>
    public int Status { get; }

    /// <summary>What went wrong, a word; null: nothing did.</summary>
    public string? Problem { get; }

    /// <summary>When to come again; null: not said.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The whole answer as text.</summary>
    public string Body => Utf8Text.Decode(_bytes);

    /// <summary>The names of the devices that have the places, as far as they have one.</summary>
    public IReadOnlyList<string> Devices => [.. Names.OfType<string>()];

    /// <summary>How many of them have none.</summary>
    public int NamelessDevices => Names.Count(static name => name is null);

    private IEnumerable<string?> Names => _json?.Find("devices") is { Kind: JsonKind.Array } devices
        ? devices.Items.Select(static device => device.Find("name") is { Kind: JsonKind.Text, Text.Length: > 0 } name ? name.Text : null)
        : [];

    public static AuthorityAnswer None(string problem) => new(0, problem, null, [], null);

    public static AuthorityAnswer Of(int status, TimeSpan? retryAfter, byte[] bytes)
    {
        var json = JsonReader.Read(bytes, CodePart.Payload, out _);
        json = json?.Kind == JsonKind.Object ? json : null;
        var isGood = status is >= 200 and < 300;
        var word = json?.Find("code") is { Kind: JsonKind.Text } code && IsWord(code.Text) ? code.Text : FormattableString.Invariant($"http-{status}");
        return new AuthorityAnswer(status, isGood ? null : status == 429 && word != TooManyFrees ? TooOften : word, retryAfter, bytes, json);
    }

    /// <summary>Whether the answer is a JSON object.</summary>
    public bool IsObject => _json is not null;

    /// <summary>A text in it; null: there is none.</summary>
    public string? Text(string name) => _json?.Find(name) is not { Kind: JsonKind.Text } value ? null
        : value.LongTextLength > 0 ? Encoding.ASCII.GetString(_bytes, value.LongTextStart, value.LongTextLength)
        : value.Text;

    // It is shown and stored: nothing but a short word may be in it.
    private static bool IsWord(string text)
    {
        foreach (var character in text)
        {
            if (character is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'))
            {
                return false;
            }
        }

        return text.Length is > 0 and <= 40;
    }
}
