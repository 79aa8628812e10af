namespace LicenseAuthority.Commands;

/// <summary>
/// The settings on a command line: <c>--Key value</c>, <c>--Key=value</c> or <c>/Key value</c>, as the host reads them. What the host would pass over in
/// silence is an error here. No value is ever repeated, as it may be a secret.
/// </summary>
internal static class SettingArguments
{
    // Longer than any name: what is longer is no misspelled name.
    private const int LongestName = 100;

    /// <summary>Reads all of them.</summary>
    /// <exception cref="ConfigurationException">One is none, or has no value.</exception>
    public static IReadOnlyList<SettingArgument> Read(IReadOnlyList<string> arguments)
    {
        var settings = new List<SettingArgument>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var prefix = argument.StartsWith("--", StringComparison.Ordinal) ? 2 : argument.StartsWith('/') ? 1 : 0;
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = argument[prefix..(equals < 0 ? argument.Length : equals)];
            if (ForeignSwitches.FindRemedy(name.TrimStart('-')) is { } remedy && argument.StartsWith('-') && (prefix == 0 || IsLast(arguments, i, equals)))
            {
                throw new ConfigurationException($"There is no argument {argument[..(equals < 0 ? argument.Length : equals)]}: {remedy}.");
            }

            if (prefix == 0 || !IsName(name))
            {
                // Not the text itself: what is no setting may be the rest of a secret that was cut by a blank.
                var where = settings is [.., var before] ? $"What stands after the value of {before}" : "An argument";
                throw new ConfigurationException($"{where} is not understood: settings are written --Section:Key VALUE or --Section:Key=VALUE.");
            }

            if (equals >= 0)
            {
                settings.Add(new SettingArgument(name, argument[(equals + 1)..]));
            }
            else if (!IsLast(arguments, i, equals))
            {
                settings.Add(new SettingArgument(name, arguments[++i]));
            }
            else
            {
                throw new ConfigurationException($"The argument --{name} has no value. Write --{name} VALUE; a value that begins with -- as --{name}=VALUE.");
            }
        }

        return settings;
    }

    // No value follows.
    private static bool IsLast(IReadOnlyList<string> arguments, int at, int equals) =>
        equals < 0 && (at + 1 >= arguments.Count || arguments[at + 1].StartsWith("--", StringComparison.Ordinal));

    private static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && name.All(static character => char.IsLetterOrDigit(character) || character is ':' or '_' or '.' or '-');
}

/// <summary>A setting on the command line.</summary>
/// <param name="Name">Its name, such as <c>Expiry:Interval</c>.</param>
/// <param name="Value">Its value, which may be a secret.</param>
internal readonly record struct SettingArgument(string Name, string Value)
{
    public string ToArgument() => $"--{Name}={Value}";

    public override string ToString() => $"--{Name}";
}
