using System.Buffers;
using System.Text;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>
/// The decoded parameters of a GET call, names ordinal and case-sensitive. Our own decoder, because the signature is over exactly what the marketplace
/// decodes (form decoding: <c>+</c> is a blank, <c>%XX</c> is a byte of UTF-8), while ASP.NET Core's query merges names that differ in case and leaves
/// wrong escapes as they are.
/// </summary>
internal sealed class MarketplaceQuery : ICallParameters
{
    /// <summary>The longest query, in characters, without the question mark.</summary>
    public const int LongestQuery = 16 * 1024;

    /// <summary>More parameters than the marketplace ever sends: decoding and sorting them is work for a caller that nobody knows yet.</summary>
    public const int MostParameters = 200;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<KeyValuePair<string, string>> _parameters;

    private readonly IReadOnlyList<string> _repeated;

    private MarketplaceQuery(List<KeyValuePair<string, string>> parameters, IReadOnlyList<string> repeated)
    {
        _parameters = parameters;
        _repeated = repeated;
    }

    /// <summary>The parameters sorted by name (ordinal, UTF-16 code units); of a repeated one the first value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Sorted => _parameters;

    /// <inheritdoc/>
    public string? FirstRepeated => _repeated is [var first, ..] ? first : null;

    /// <inheritdoc/>
    public CallContent Content => CallContent.FromParameters(_parameters);

    /// <inheritdoc/>
    public bool IsOtherThanText(string name) => false;

    /// <summary>Whether a parameter came more than once.</summary>
    public bool IsRepeated(string name) => _repeated.Contains(name, StringComparer.Ordinal);

    /// <inheritdoc/>
    public string? Find(string name)
    {
        foreach (var parameter in _parameters)
        {
            if (parameter.Key == name)
            {
                return parameter.Value;
            }
        }

        return null;
    }

    /// <summary>Decodes a raw query string, with or without its question mark. False: <paramref name="problem"/> names the parameter and what is wrong.</summary>
    public static bool TryParse(string? rawQuery, out MarketplaceQuery query, out string problem)
    {
        query = new MarketplaceQuery([], []);
        problem = "";
        var rest = rawQuery.AsSpan();
        if (rest.StartsWith("?"))
        {
            rest = rest[1..];
        }

        if (rest.Length > LongestQuery)
        {
            problem = $"the query is longer than {LongestQuery} characters";
            return false;
        }

        var parameters = new List<KeyValuePair<string, string>>(16);
        foreach (var range in rest.Split('&'))
        {
            var pair = rest[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            if (parameters.Count == MostParameters)
            {
                problem = $"the query has more than {MostParameters} parameters";
                return false;
            }

            var equals = pair.IndexOf('=');
            var rawName = equals < 0 ? pair : pair[..equals];
            if (!TryDecode(rawName, out var name))
            {
                problem = $"the name of parameter number {parameters.Count + 1} is not percent-encoded UTF-8";
                return false;
            }

            if (!TryDecode(equals < 0 ? [] : pair[(equals + 1)..], out var value))
            {
                problem = $"the parameter {Shorten(name)} is not percent-encoded UTF-8";
                return false;
            }

            parameters.Add(KeyValuePair.Create(name, value));
        }

        query = Sort(parameters);
        return true;
    }

    /// <summary>A name fit for a message: short, and on one line.</summary>
    internal static string Shorten(string name)
    {
        var visible = string.Concat(name.Where(character => !char.IsControl(character) && !char.IsSurrogate(character)).Take(64));
        return $"'{visible}'";
    }

    private static MarketplaceQuery Sort(List<KeyValuePair<string, string>> parameters)
    {
        // A stable order, so that the first value of a repeated parameter stays the first.
        var sorted = new List<KeyValuePair<string, string>>(parameters.Count);
        var repeated = new List<string>();
        foreach (var parameter in parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal))
        {
            if (sorted.Count > 0 && sorted[^1].Key == parameter.Key)
            {
                repeated.Add(parameter.Key);
                continue;
            }

            sorted.Add(parameter);
        }

        return new MarketplaceQuery(sorted, repeated);
    }

    private static bool TryDecode(ReadOnlySpan<char> text, out string decoded)
    {
        decoded = "";
        if (text.IndexOfAny('%', '+') < 0 && Ascii.IsValid(text))
        {
            decoded = text.ToString();
            return true;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            var length = 0;
            for (var i = 0; i < text.Length; i++)
            {
                switch (text[i])
                {
                    case '+':
                        bytes[length++] = (byte)' ';
                        break;
                    case '%':
                        if (i + 2 >= text.Length
                            || Convert.FromHexString(text.Slice(i + 1, 2), bytes.AsSpan(length++, 1), out _, out _) != OperationStatus.Done)
                        {
                            return false;
                        }

                        i += 2;
                        break;
                    case > '\u007F':
                        return false;
                    default:
                        bytes[length++] = (byte)text[i];
                        break;
                }
            }

            decoded = StrictUtf8.GetString(bytes, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
