namespace LicenseAuthority.Benchmarks;

/// <summary>The arguments of a command whose options are names with a value, but for one that is a switch.</summary>
internal static class OptionArguments
{
    /// <summary>Reads the arguments into options; null when they cannot be followed.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="options">What counts where nothing is said.</param>
    /// <param name="name">The switch.</param>
    /// <param name="turn">The options with the switch turned.</param>
    /// <param name="with">The options with a value of a name; null when there is no such name, or the value is none for it.</param>
    public static T? Read<T>(string[] args, T options, string name, Func<T, T> turn, Func<T, string, string, T?> with)
        where T : class
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == name)
            {
                options = turn(options);
                continue;
            }

            if (i + 1 == args.Length || with(options, args[i], args[i + 1]) is not { } changed)
            {
                return null;
            }

            options = changed;
            i++;
        }

        return options;
    }
}
