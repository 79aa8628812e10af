using System.Globalization;

namespace LicenseAuthority;

/// <summary>
/// Texts that are compared byte for byte, such as ids and keys. What a file's line end, a word processor or a shell's quoting adds to one is seen by nobody,
/// and then nothing matches: it is refused at start.
/// </summary>
internal static class SettingText
{
    private const string Quotes = "\"'`´„‚";

    private static readonly Dictionary<char, string> Names = new()
    {
        ['\t'] = "a tab",
        ['\n'] = "a line feed",
        ['\r'] = "a carriage return",
        [' '] = "a blank",
        ['"'] = "a quotation mark",
        ['\''] = "an apostrophe",
        ['\u00A0'] = "a no-break space",
        ['\u200B'] = "a zero-width space",
        ['\uFEFF'] = "a byte order mark",
    };

    /// <summary>Refuses white space, quotes and invisible characters at the ends, and control characters anywhere.</summary>
    /// <param name="setting">Its name.</param>
    /// <param name="text">The text, which may be a secret: it is not repeated.</param>
    /// <exception cref="ConfigurationException">There is one; the message names the setting and the character.</exception>
    public static void RequireClean(string setting, string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        if (IsForeign(text[0]))
        {
            throw Refuse(setting, "begins with", text[0]);
        }

        if (IsForeign(text[^1]))
        {
            throw Refuse(setting, "ends with", text[^1]);
        }

        foreach (var character in text.Where(char.IsControl))
        {
            throw Refuse(setting, "contains", character);
        }
    }

    private static ConfigurationException Refuse(string setting, string where, char character)
    {
        var name = Names.TryGetValue(character, out var known) ? $"{known} (U+{(int)character:X4})" : $"the character U+{(int)character:X4}";
        return new ConfigurationException(string.Create(
            CultureInfo.InvariantCulture, $"{setting} {where} {name}, and nobody who compares it has that: remove it. Such a character comes with a line end, quotes or a copied text."));
    }

    private static bool IsForeign(char character) =>
        char.IsWhiteSpace(character)
        || Quotes.Contains(character, StringComparison.Ordinal)
        || char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation;
}
