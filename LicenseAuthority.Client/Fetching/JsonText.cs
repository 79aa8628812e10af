using System.Globalization;
using System.Text;

namespace LicenseAuthority.Client.Fetching;

/// <summary>Writes the little JSON that goes out, in ASCII. By hand, as netstandard2.0 has no writer.</summary>
internal static class JsonText
{
    /// <summary>A text between quotes. Half a character becomes U+FFFD, which is also what is hashed of it.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (char.IsHighSurrogate(character) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                Escape(quoted, character);
                Escape(quoted, text[++i]);
            }
            else if (char.IsSurrogate(character))
            {
                Escape(quoted, '\uFFFD');
            }
            else if (character is < ' ' or > '~' or '"' or '\\')
            {
                Escape(quoted, character);
            }
            else
            {
                quoted.Append(character);
            }
        }

        return quoted.Append('"').ToString();
    }

    private static void Escape(StringBuilder text, char character) => text.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
}
