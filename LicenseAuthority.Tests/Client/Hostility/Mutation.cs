using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Tests.Client.Hostility;

/// <summary>Random changes to good texts, from a seed: characters and bits, pieces left out, put in, repeated and taken from another text, white space.</summary>
internal static class Mutation
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

    // What means something to one of the readers.
    private static readonly string[] Words =
    [
        "-----", "-----BEGIN LICENSE CODE-----", "-----END STATUS LIST-----", "\n", "> ", "\"", "{", "}", "[", "]", ":", ",", "\\u0000", "\\ud800", "\0", "null", "true", "-0", "1e9",
        "9223372036854775807", "99999999999999999999", "\nsum ", "\ncode ", "\u00ff", "\u00c0\u0080", "\u00ef\u00bb\u00bf", ".", "=",
    ];

    /// <summary>One of the texts with 1 to 3 changes.</summary>
    public static string Of(Random random, IReadOnlyList<string> texts)
    {
        var text = texts[random.Next(texts.Count)];
        for (var changes = random.Next(1, 4); changes > 0 && text.Length > 0; changes--)
        {
            var at = random.Next(text.Length);
            text = random.Next(10) switch
            {
                // Any one of the low eight bits, so that most results leave the alphabet.
                0 or 1 => $"{text[..at]}{(char)(text[at] ^ (1 << random.Next(8)))}{text[(at + 1)..]}",
                2 => $"{text[..at]}{Alphabet[random.Next(Alphabet.Length)]}{text[(at + 1)..]}",
                3 => text.Remove(at, random.Next(1, Math.Min(30, text.Length - at) + 1)),
                4 => text.Insert(at, new string(Alphabet[random.Next(Alphabet.Length)], random.Next(1, 4))),
                5 => text.Insert(at, $"{(char)random.Next(0x10000)}"),
                6 => text.Insert(at, $"{CodeText.AsciiWhiteSpace[random.Next(4)]}"),
                7 => text.Insert(at, Words[random.Next(Words.Length)]),
                8 => text.Insert(at, text.Substring(at, random.Next(Math.Min(200, text.Length - at) + 1))),
                _ => SwapPart(random, text, texts[random.Next(texts.Count)]),
            };
        }

        return text;
    }

    private static string SwapPart(Random random, string text, string other)
    {
        var (parts, others) = (text.Split('.'), other.Split('.'));
        var part = random.Next(Math.Min(parts.Length, others.Length));
        parts[part] = others[part];
        return string.Join('.', parts);
    }
}
