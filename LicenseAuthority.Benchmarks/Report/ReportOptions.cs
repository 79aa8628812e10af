using System.Globalization;
using LicenseAuthority.Benchmarks.Load;

namespace LicenseAuthority.Benchmarks.Report;

/// <summary>What <c>report</c> was asked to do.</summary>
internal sealed record ReportOptions
{
    public const string Usage =
        """
        report [--quick] [--markdown FILE] [--json FILE] [--folder PATH] [--service PATH] [--stored 1000000]
          --quick     a moment for each part, to see whether it works: its figures say little
          --markdown  where the table goes; default: standard output. What is done meanwhile is said on standard error
          --json      where the same goes for programs
          --folder    where databases and keys go for the time being; default: the folder for temporary files
          --service   the LicenseAuthority.dll, or the program published with its runtime, to start: a published one if its start is to be judged;
                      default: the one that was built together with this program
          --stored    licenses that are there before, for the parts that are about many
        """;

    private const int QuickStored = 20_000;

    public bool Quick { get; init; }

    public string? MarkdownFile { get; init; }

    public string? JsonFile { get; init; }

    public string Folder { get; init; } = Path.GetTempPath();

    public string Service { get; init; } = new LoadOptions().Service;

    /// <summary>Licenses that are there before, where that is asked for; else as many as the run has time for.</summary>
    public int Stored
    {
        get => field > 0 ? field : Quick ? QuickStored : 1_000_000;
        init;
    }

    /// <summary>Reads the arguments; null, and what is wrong is said, when they cannot be followed.</summary>
    public static ReportOptions? Parse(string[] args) => OptionArguments.Read(
        args, new ReportOptions(), Usage, static (options, name, value) => options.With(name, value), "--quick", static options => options with { Quick = true });

    private ReportOptions? With(string name, string value) => name switch
    {
        "--markdown" when IsWritable(value) => this with { MarkdownFile = value },
        "--json" when IsWritable(value) => this with { JsonFile = value },
        "--folder" when Directory.Exists(value) => this with { Folder = Path.GetFullPath(value) },
        "--service" when File.Exists(value) => this with { Service = Path.GetFullPath(value) },
        "--stored" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 => this with { Stored = number },
        _ => null,
    };

    // Known before a quarter of an hour of measuring, not after it.
    private static bool IsWritable(string file) => Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)));
}
