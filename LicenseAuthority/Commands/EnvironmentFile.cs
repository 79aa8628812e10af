using System.Text;

namespace LicenseAuthority.Commands;

/// <summary>
/// The variables in a file that a systemd unit names with <c>EnvironmentFile=</c> (systemd.exec(5)): <c>NAME=value</c> lines; lines that begin with # or ;
/// and lines without = are passed over; values may stand in quotes and go on after a backslash at the end of a line. Nothing is expanded.
/// </summary>
internal static class EnvironmentFile
{
    /// <summary>Reads the file and sets its variables in this process, over those that it has: as systemd does it for the service.</summary>
    /// <exception cref="ConfigurationException">It cannot be read; the message names the line, and never a value.</exception>
    public static void Load(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new ConfigurationException($"The file of --environment-file, {path}, cannot be read ({exception.Message})", exception);
        }

        foreach (var (name, value) in Parse(text, path))
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    /// <summary>Reads the text of a file; of a name that comes twice the last one counts.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="ConfigurationException">A name that no variable can have, or a quote that does not end.</exception>
    public static IReadOnlyList<(string Name, string Value)> Parse(string text, string path)
    {
        var reader = new Reader(text);
        var variables = new List<(string, string)>();
        while (!reader.AtEnd)
        {
            reader.SkipBlanks();
            var line = reader.Line;
            if (reader.Peek is '#' or ';' || !reader.LineHasEquals)
            {
                reader.SkipLine();
                continue;
            }

            var name = reader.ReadName();
            if (!IsName(name))
            {
                var export = name.StartsWith("export ", StringComparison.Ordinal) ? " (systemd knows no \"export\")" : "";
                throw new ConfigurationException($"{path}, line {line}: what stands before the = is no name of a variable{export}. Write NAME=value.");
            }

            variables.Add((name, reader.ReadValue() ?? throw new ConfigurationException($"{path}, line {line}: the quote in the value of {name} does not end.")));
        }

        return variables;
    }

    private static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(static character => char.IsAsciiLetterOrDigit(character) || character == '_');

    private sealed class Reader(string text)
    {
        private int _at;

        public int Line { get; private set; } = 1;

        public bool AtEnd => _at >= text.Length;

        public char Peek => AtEnd ? '\n' : text[_at];

        public bool LineHasEquals => text.AsSpan(_at, EndOfLine() - _at).Contains('=');

        public void SkipBlanks()
        {
            while (!AtEnd && char.IsWhiteSpace(Peek))
            {
                Next();
            }
        }

        public void SkipLine()
        {
            while (!AtEnd && Next() != '\n')
            {
            }
        }

        public string ReadName()
        {
            var equals = text.IndexOf('=', _at);
            var name = text[_at..equals].TrimEnd();
            _at = equals + 1;
            return name;
        }

        // Null: a quote does not end.
        public string? ReadValue()
        {
            while (Peek is ' ' or '\t' or '\r' && !AtEnd)
            {
                Next();
            }

            if (Peek is '"' or '\'')
            {
                return ReadQuoted(Next());
            }

            var value = new StringBuilder();
            var length = 0;
            while (!AtEnd && Next() is var character && character != '\n')
            {
                var escaped = character == '\\' && !AtEnd;
                if (escaped && (character = Next()) == '\n')
                {
                    continue;
                }

                value.Append(character);

                // White space at the end is none of the value, unless it was escaped.
                length = escaped || !char.IsWhiteSpace(character) ? value.Length : length;
            }

            return value.ToString(0, length);
        }

        // What follows the closing quote in its line is part of the value, as for systemd: "a"b is ab.
        private string? ReadQuoted(char quote)
        {
            var value = new StringBuilder();
            while (!AtEnd)
            {
                var character = Next();
                if (character == quote)
                {
                    return value.Append(ReadValue()).ToString();
                }

                if (character == '\\' && quote == '"' && !AtEnd && Peek is '"' or '\\' or '`' or '$' or '\n')
                {
                    character = Next();
                    if (character == '\n')
                    {
                        continue;
                    }
                }

                value.Append(character);
            }

            return null;
        }

        private char Next()
        {
            var character = text[_at++];
            Line += character == '\n' ? 1 : 0;
            return character;
        }

        private int EndOfLine() => text.IndexOf('\n', _at) is >= 0 and var end ? end : text.Length;
    }
}
