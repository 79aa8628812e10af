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
          --service   the LicenseAuthority.dll, or the program published with its runtime, to start; default: the one that was built together with
                      this program
        """;

    /// <summary>For a look at whether it works: measured for a moment only, so the figures say little.</summary>
    public bool Quick { get; init; }

    /// <summary>Reads the arguments; null, and what is wrong is said, when they cannot be followed.</summary>
    /// <param name="command">The command.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="more">What the command says of options of its own, which it has read already.</param>
    public static async Task<FilledRun?> ReadAsync(string command, string[] args, string more = "")
    {
        var run = OptionArguments.Read(
            args, new FilledRun(1_000_000, [SqlDialect.Sqlite], Path.GetTempPath(), new LoadOptions().Service), $"{command}{more}{Environment.NewLine}{Usage}",
            static (run, name, value) => run.With(name, value));
        if (run is not null && TestedDatabases.WhyNot([.. run.Dialects]) is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return null;
        }

        return run;
    }

    private FilledRun? With(string name, string value) => name switch
    {
        "--licenses" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 => this with { Licenses = number },
        "--database" when TestedDatabases.Parse(value) is { } dialects => this with { Dialects = dialects },
        "--folder" when Directory.Exists(value) => this with { Folder = Path.GetFullPath(value) },
        "--service" when File.Exists(value) => this with { Service = Path.GetFullPath(value) },
        _ => null,
    };
}
