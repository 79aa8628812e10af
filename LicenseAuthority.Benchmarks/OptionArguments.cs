namespace LicenseAuthority.Benchmarks;

/// <summary>The arguments of a command whose options are names with a value, but for one that may be a switch.</summary>
internal static class OptionArguments
{
    /// <summary>Reads the arguments into options; null, and what is wrong is said on standard error, when they cannot be followed.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="options">What counts where nothing is said.</param>
    /// <param name="usage">Has a line for each option that begins with two blanks and its name.</param>
    /// <param name="with">The options with a value of a name; null when there is no such name, or the value is none for it.</param>
    /// <param name="name">The switch.</param>
    /// <param name="turn">The options with the switch turned.</param>
    public static T? Read<T>(string[] args, T options, string usage, Func<T, string, string, T?> with, string? name = null, Func<T, T>? turn = null)
        where T : class
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == name)
            {
                options = turn!(options);
                continue;
            }

            if (i + 1 == args.Length || with(options, args[i], args[i + 1]) is not { } changed)
            {
                Console.Error.WriteLine($"{WhatIsWrong(args[i], i + 1 == args.Length ? null : args[i + 1], usage)}{Environment.NewLine}{usage}");
                return null;
            }

            options = changed;
            i++;
        }

        return options;
    }

    private static string WhatIsWrong(string name, string? value, string usage) =>
        !usage.Contains($"  {name} ", StringComparison.Ordinal) ? $"There is no option '{name}'."
        : value is null ? $"{name} has no value."
        : $"'{value}' is no value for {name}; files and folders must be there.";
}
