using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LicenseAuthority.Marketplaces;

/// <summary>
/// What of a call may be stored: the one place that decides it. Left out are credentials and signatures, and names of customers and how to reach them; of
/// license codes the last 4 characters stay, of device fingerprints 16 hexadecimal digits of their SHA-256. Members are judged by their names, whatever their
/// case and punctuation and however deep they stand, also inside of JSON that is a text. What stands in such a member is hidden by its value in the rest of the call too,
/// however it is written there (<see cref="CallSecrets"/>), and a license code is known by its form wherever it stands. Pure, apart from remembering names. Thread-safe.
/// </summary>
/// <remarks>Never throws: what cannot be read is replaced by an object that says so.</remarks>
internal static class CallRedaction
{
    /// <summary>The longest object that is kept, in bytes, apart from the last text in it.</summary>
    public const int LongestContent = 16 * 1024;

    /// <summary>The longest text that is kept, in UTF-16 code units.</summary>
    public const int LongestText = 1024;

    /// <summary>The deepest object or array that is kept.</summary>
    public const int Deepest = 8;

    private const string Cut = "…";
    private const int Shown = 4;
    private const int LongestName = 64;

    // What is shorter has the form of none.
    private const int ShortestCode = 27;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions ReaderOptions = new() { MaxDepth = 2 * Deepest };

    // Parts of names, in small letters and without punctuation. Whoever wonders about one: what is missing here can be asked for at the marketplace.
    private static readonly string[] SecretParts =
    [
        "authtoken", "token", "signature", "bodysign", "xsign", "secret", "password", "passwd", "passphrase", "accesskey", "authorization", "credential", "cookie",
        "customername", "username", "buyername", "realname", "nickname", "accountname", "domainname", "companyname", "enterprisename", "contact", "recipient",
        "mobile", "phone", "email", "address", "thirdpartyaccount", "extendparamsbase64", "saasextendparams", "clientip", "loginid",
    ];

    private static readonly FrozenSet<string> SecretNames = Set("ak", "sk", "sign", "access", "key2", "ip");

    private static readonly FrozenSet<string> CodeNames = Set(
        "license", "licenses", "licensecode", "licensecodes", "licensekey", "licensestring", "licensetext", "licensecontent", "licensefile", "characters", "file",
        "authcode", "authorizationcode", "activationcode", "activatecode", "cdkey", "serialnumber");

    private static readonly string[] FingerprintParts = ["fingerprint", "hardwarecode", "machinecode", "devicecode", "deviceid", "devinfo", "deviceinfo", "systemcode"];

    // Of who bought, only the ids.
    private static readonly string[] PersonParts = ["buyer", "customerinfo", "userinfo", "purchaser"];

    // Lists of names and values that are spread over two members.
    private static readonly FrozenSet<string> PairNames = Set("key", "name", "paramname", "attrname", "code", "field");
    private static readonly FrozenSet<string> PairValues = Set("value", "val", "paramvalue", "attrvalue", "content");

    // A JWT, also one that was cut off or encoded once more; and whatever has the form of three parts in base64url. Linear, whatever the text is.
    private static readonly Regex Code = new(
        @"(?:eyJ|ZXlK)[A-Za-z0-9_+/=-]{24,}(?:\.[A-Za-z0-9_-]*)*|[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    // The same without its blanks. Words that run together have no such form.
    private static readonly Regex BrokenCode = new(@"eyJ[A-Za-z0-9_-]{17,}\.[A-Za-z0-9_-]{20,}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    // Without one of these, or the form of three parts, no text has a code in it: nearly none has, and to ask first is far cheaper.
    private static readonly SearchValues<string> CodeBeginnings = SearchValues.Create(["eyJ", "ZXlK"], StringComparison.Ordinal);

    // A marketplace has a few dozen names, and each call a dozen of them. Callers may send any others: so many are kept at most.
    private const int MostNames = 1024;

    private static readonly ConcurrentDictionary<string, MemberName> Names = new(StringComparer.Ordinal);
    private static int _nameCount;

    private enum Rule
    {
        Keep,
        LeaveOut,
        Code,
        Fingerprint,

        // Only ids stay.
        Person,
    }

    /// <summary>What is to be hidden by its value in all that is stored of a call that has these contents.</summary>
    public static CallSecrets SecretsOf(params ReadOnlySpan<CallContent> contents)
    {
        var secrets = new CallSecrets();
        foreach (var content in contents)
        {
            try
            {
                Collect(content, secrets);
            }
            catch (Exception exception) when (IsUnreadable(exception))
            {
                // Nor is it stored.
            }
        }

        return secrets;
    }

    /// <summary>The JSON object to be stored; null when there was nothing.</summary>
    public static string? ToJson(CallContent content) => ToJson(content, SecretsOf(content));

    /// <summary>The JSON object to be stored; null when there was nothing.</summary>
    /// <param name="content">The content.</param>
    /// <param name="secrets">What is to be hidden besides, see <see cref="SecretsOf"/>.</param>
    public static string? ToJson(CallContent content, CallSecrets secrets)
    {
        try
        {
            return content.Parameters is { } parameters ? OfParameters(parameters, secrets)
                : content.Element is { } element ? OfJson(element, secrets)
                : content.Json is { Length: > 0 } json ? OfJson(json, secrets)
                : content.Length > 0 ? Unreadable(content)
                : null;
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            return Unreadable(content);
        }
    }

    // InvalidOperationException: bytes that are no UTF-8, or a lone surrogate.
    private static bool IsUnreadable(Exception exception) =>
        exception is JsonException or InvalidOperationException or ArgumentException or RegexMatchTimeoutException;

    private static string Unreadable(CallContent content) => string.Create(CultureInfo.InvariantCulture, $"{{\"unreadable\":true,\"bytes\":{content.Length}}}");

    /// <summary>A text for people, such as a message: license codes in it are cut, what is too long too, and characters that no database takes are replaced.</summary>
    public static string? Text(string? text, int longest = LongestText) => text is null ? null : Shorten(CutCodes(Clean(text)), longest);

    /// <summary>The same of a call that has texts to be hidden.</summary>
    public static string? Text(string? text, CallSecrets secrets, int longest = LongestText) => text is null ? null : Text(secrets.Hide(text), longest);

    private static void Collect(CallContent content, CallSecrets secrets)
    {
        if (content.Element is { } element)
        {
            Collect(element, Rule.Keep, secrets, depth: 0);
        }
        else if (content.Json is { Length: > 0 } json)
        {
            using var document = Parse(json);
            Collect(document.RootElement, Rule.Keep, secrets, depth: 0);
        }

        foreach (var (name, value) in content.Parameters ?? [])
        {
            CollectText(value, NameOf(name).RuleIn(Rule.Keep), secrets, depth: 1);
        }
    }

    private static void Collect(JsonElement element, Rule rule, CallSecrets secrets, int depth)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object or JsonValueKind.Array when depth >= Deepest:
                break;
            case JsonValueKind.Object:
                foreach (var (name, own, value) in Members(element, rule))
                {
                    // Of what a person is only the names are secret anywhere else.
                    Collect(value, own == Rule.LeaveOut && rule == Rule.Person && !name.IsSecret ? Rule.Person : own, secrets, depth + 1);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Collect(item, rule, secrets, depth + 1);
                }

                break;
            case JsonValueKind.String:
                CollectText(element.GetString()!, rule, secrets, depth);
                break;
            case JsonValueKind.Number:
                CollectText(element.GetRawText(), rule, secrets, depth);
                break;
            default:
                break;
        }
    }

    private static void CollectText(string text, Rule rule, CallSecrets secrets, int depth)
    {
        switch (rule)
        {
            case Rule.LeaveOut:
                secrets.Add(text.Trim(), Cut);
                break;
            case Rule.Fingerprint:
                secrets.Add(text, DigestOf(text));
                break;
            case Rule.Code when !IsJson(text):
                secrets.Add(text.Trim(), LastOf(text.Trim()));
                break;
            default:
                if (depth < Deepest && IsJson(text))
                {
                    try
                    {
                        using var document = JsonDocument.Parse(text, ReaderOptions);
                        Collect(document.RootElement, rule, secrets, depth + 1);
                    }
                    catch (JsonException)
                    {
                        // It only began like one.
                    }
                }

                break;
        }
    }

    private static string OfParameters(IReadOnlyList<KeyValuePair<string, string>> parameters, CallSecrets secrets)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        writer.WriteStartObject();
        foreach (var (name, value) in parameters)
        {
            var known = NameOf(name);
            if (known.RuleIn(Rule.Keep) is var rule && rule != Rule.LeaveOut && HasRoom(writer))
            {
                WriteName(writer, known, secrets);
                WriteText(writer, value, rule, secrets, depth: 1);
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string OfJson(ReadOnlyMemory<byte> json, CallSecrets secrets)
    {
        using var document = Parse(json);
        return OfJson(document.RootElement, secrets);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json) => JsonDocument.Parse(json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json, ReaderOptions);

    private static string OfJson(JsonElement element, CallSecrets secrets) => element.ValueKind == JsonValueKind.Object
        ? Rewrite(element, Rule.Keep, secrets, depth: 0)
        : throw new JsonException("It is no object.");

    private static string Rewrite(JsonElement element, Rule rule, CallSecrets secrets, int depth)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        Write(writer, element, rule, secrets, depth);
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element, Rule rule, CallSecrets secrets, int depth)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object or JsonValueKind.Array when depth >= Deepest:
                writer.WriteStringValue(Cut);
                break;
            case JsonValueKind.Object:
                WriteObject(writer, element, rule, secrets, depth);
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    if (!HasRoom(writer))
                    {
                        break;
                    }

                    Write(writer, item, rule, secrets, depth + 1);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                WriteText(writer, element.GetString()!, rule, secrets, depth);
                break;
            case JsonValueKind.Number when rule != Rule.Keep || element.GetRawText() is { Length: > LongestName } || secrets.IsIn(element.GetRawText()):
                WriteText(writer, element.GetRawText(), rule, secrets, depth);
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, JsonElement element, Rule rule, CallSecrets secrets, int depth)
    {
        writer.WriteStartObject();
        foreach (var (name, own, value) in Members(element, rule))
        {
            if (own != Rule.LeaveOut && HasRoom(writer))
            {
                WriteName(writer, name, secrets);
                Write(writer, value, own, secrets, depth + 1);
            }
        }

        writer.WriteEndObject();
    }

    private static IEnumerable<(MemberName Name, Rule Rule, JsonElement Value)> Members(JsonElement element, Rule rule)
    {
        var valueRule = PairRule(element, rule);
        foreach (var member in element.EnumerateObject())
        {
            var name = NameOf(member.Name);
            yield return (name, valueRule != Rule.Keep && name.IsPairValue ? valueRule : name.RuleIn(rule), member.Value);
        }
    }

    private static void WriteName(Utf8JsonWriter writer, MemberName name, CallSecrets secrets)
    {
        if (secrets.IsIn(name.Name))
        {
            writer.WritePropertyName(Text(name.Name, secrets, LongestName)!);
        }
        else
        {
            writer.WritePropertyName(name.Shown);
        }
    }

    // {"key":"customerName","value":"…"}: the value is judged by the name beside it.
    private static Rule PairRule(JsonElement element, Rule rule)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.String && NameOf(member.Name).IsPairName
                && NameOf(member.Value.GetString()!, remember: false).RuleIn(rule) is var named && named != Rule.Keep)
            {
                return named;
            }
        }

        return Rule.Keep;
    }

    private static MemberName NameOf(string name, bool remember = true)
    {
        if (Names.TryGetValue(name, out var known))
        {
            return known;
        }

        var judged = new MemberName(name);
        if (remember && name.Length <= LongestName && Volatile.Read(ref _nameCount) < MostNames && Names.TryAdd(name, judged))
        {
            Interlocked.Increment(ref _nameCount);
        }

        return judged;
    }

    private static void WriteText(Utf8JsonWriter writer, string text, Rule rule, CallSecrets secrets, int depth)
    {
        switch (rule)
        {
            case Rule.Person or Rule.LeaveOut:
                writer.WriteStringValue(Cut);
                break;
            case Rule.Code when !IsJson(text):
                writer.WriteStringValue(LastOf(text.Trim()));
                break;
            case Rule.Fingerprint:
                writer.WriteStringValue(DigestOf(text));
                break;
            default:
                writer.WriteStringValue(TryRewriteJson(text, rule, secrets, depth) ?? Text(text, secrets));
                break;
        }
    }

    // Objects come as texts too, and texts in them. Null: it is none.
    private static string? TryRewriteJson(string text, Rule rule, CallSecrets secrets, int depth)
    {
        if (!IsJson(text))
        {
            return null;
        }

        if (depth >= Deepest)
        {
            return Cut;
        }

        try
        {
            using var document = JsonDocument.Parse(text, ReaderOptions);
            return Rewrite(document.RootElement, rule, secrets, depth + 1);
        }
        catch (JsonException)
        {
            // It only began like one. If it was cut off, nobody knows what is in it.
            return rule != Rule.Keep || text.Contains('{', StringComparison.Ordinal) || text.Contains("\":", StringComparison.Ordinal) ? Cut : null;
        }
    }

    private static string DigestOf(string fingerprint) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(fingerprint)).AsSpan(0, 8));

    private static bool IsJson(string text) => text.AsSpan().TrimStart() is ['{' or '[' or '"', ..];

    private static string CutCodes(string text)
    {
        if (text.Length < ShortestCode)
        {
            return text;
        }

        // Broken into lines, or spaced out: then nobody can say where it ends.
        if (MayBeBrokenCode(text)
            && BrokenCode.Match(string.Concat(text.Where(static one => one is not (' ' or '\t' or '\r' or '\n')))) is { Success: true } whole
            && !text.Contains(whole.Value, StringComparison.Ordinal))
        {
            return LastOf(text.Trim());
        }

        return text.AsSpan().ContainsAny(CodeBeginnings) || text.AsSpan().Count('.') >= 2 ? Code.Replace(text, static match => LastOf(match.Value)) : text;
    }

    private static bool MayBeBrokenCode(string text) =>
        text.Contains('J', StringComparison.Ordinal) && text.Contains('.', StringComparison.Ordinal) && text.AsSpan().ContainsAny(" \t\r\n");

    // A short one is not shown at all, or its end would be most of it.
    private static string LastOf(string code) => code.Length <= 2 * Shown ? Cut : Cut + Clean(code[^Shown..]);

    private static string Shorten(string text, int longest)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        var end = char.IsHighSurrogate(text[longest - 2]) ? longest - 2 : longest - 1;
        return text[..end] + Cut;
    }

    // PostgreSQL takes no U+0000, and no database a lone surrogate.
    private static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !text.Contains('\0', StringComparison.Ordinal))
        {
            return text;
        }

        var cleaned = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            cleaned.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        }

        return cleaned.ToString();
    }

    private static bool HasRoom(Utf8JsonWriter writer) => writer.BytesCommitted + writer.BytesPending < LongestContent;

    private static bool ContainsAny(string name, string[] parts) => Array.Exists(parts, part => name.Contains(part, StringComparison.Ordinal));

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);

    // "Auth_Token", "auth-token" and "AUTHTOKEN" are one name; full-width letters too.
    private static string Normalize(string name)
    {
        if (name.Length <= LongestName && !name.AsSpan().ContainsAnyExceptInRange('a', 'z'))
        {
            return name;
        }

        return string.Concat(name.Select(Narrow).Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant));
    }

    // Full-width letters are the same ones to a reader.
    private static char Narrow(char letter) => letter is >= '\uFF01' and <= '\uFF5E' ? (char)(letter - 0xFEE0) : letter;

    // A name, judged once. Immutable.
    private sealed class MemberName
    {
        private readonly bool _isId;
        private readonly Rule _rule;

        public MemberName(string name)
        {
            Name = name;
            var normalized = Normalize(name);
            IsSecret = SecretNames.Contains(normalized) || ContainsAny(normalized, SecretParts);
            _isId = normalized.EndsWith("id", StringComparison.Ordinal);
            _rule = CodeNames.Contains(normalized) ? Rule.Code
                : ContainsAny(normalized, FingerprintParts) ? Rule.Fingerprint
                : ContainsAny(normalized, PersonParts) && !_isId ? Rule.Person
                : Rule.Keep;
            IsPairName = PairNames.Contains(normalized);
            IsPairValue = PairValues.Contains(normalized);
            Shown = JsonEncodedText.Encode(Text(name, LongestName)!, WriterOptions.Encoder);
        }

        public string Name { get; }

        public JsonEncodedText Shown { get; }

        public bool IsSecret { get; }

        public bool IsPairName { get; }

        public bool IsPairValue { get; }

        // The stricter one of its own and of what it stands in.
        public Rule RuleIn(Rule outer) => IsSecret ? Rule.LeaveOut
            : outer == Rule.Person ? _isId ? Rule.Keep : Rule.LeaveOut
            : outer != Rule.Keep ? outer
            : _rule;
    }
}
