using System.Globalization;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Databases;

/// <summary>The options of a command that measures on a database with many licenses.</summary>
/// <param name="Licenses">How many are stored before.</param>
/// <param name="Dialects">On which databases, one after the other.</param>
/// <param name="Folder">Where databases and keys go for the time being.</param>
/// <param name="Service">The LicenseAuthority.dll, or the program published with its runtime, to start.</param>
internal sealed record FilledRun(int Licenses, IReadOnlyList<SqlDialect> Dialects, string Folder, string Service)
{
    public const string Usage =
        """
          [--database sqlite] [--licenses 1000000] [--folder PATH] [--service PATH]
          --database  sqlite, postgres or sqlite,postgres (one after the other); postgres starts a server of its own
          --licenses  how many are stored before
          --folder    where databases and keys go for the time being; default: the folder for temporary files
          --service   the LicenseAuthority.dll, or the program published with its runtime, to start; default: the one that was built together with this program
        """;

    /// <summary>For a look at whether it works: measured for a moment only, so the figures say little.</summary>
    public bool Quick { get; init; }

    /// <summary>Reads the arguments; null, and the reason is printed, when they cannot be followed.</summary>
    public static async Task<FilledRun?> ReadAsync(string command, string[] args)
    {
        var run = new FilledRun(1_000_000, [SqlDialect.Sqlite], Path.GetTempPath(), new LoadOptions().Service);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 < args.Length && args[i] == "--licenses" && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                run = run with { Licenses = number };
            }
            else if (i + 1 < args.Length && args[i] == "--database" && TestedDatabases.Parse(args[i + 1]) is { } asked)
            {
                run = run with { Dialects = asked };
            }
            else if (i + 1 < args.Length && args[i] == "--folder" && Directory.Exists(args[i + 1]))
            {
                run = run with { Folder = Path.GetFullPath(args[i + 1]) };
            }
            else if (i + 1 < args.Length && args[i] == "--service" && File.Exists(args[i + 1]))
            {
                run = run with { Service = Path.GetFullPath(args[i + 1]) };
            }
            else
            {
                await Console.Error.WriteLineAsync($"{command}{Environment.NewLine}{Usage}");
                return null;
            }
        }

        if (TestedDatabases.WhyNot([.. run.Dialects]) is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return null;
        }

        return run;
    }
}
