using System.Globalization;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>What <c>load</c> was asked to do.</summary>
internal sealed record LoadOptions
{
    public const string Usage =
        """
        load [--database sqlite] [--connections 1,16,64] [--seconds 8] [--runs 3] [--stored 0] [--nodes 1] [--folder PATH]
             [--service PATH] [--profile orders|mixed|v2] [--no-cfssl]
          --database     sqlite, postgres or sqlite,postgres (beside each other); postgres starts a server of its own
          --connections  keep-alive connections, one measurement for each number
          --seconds      length of one measurement
          --runs         how often everything is measured; the median counts
          --stored       licenses that are in the database before; several numbers measure several databases beside each other
          --nodes        processes that serve one database, on PostgreSQL; several numbers, such as 1,2, are measured beside each other
          --folder       where databases and keys go for the time being; default: the folder for temporary files
          --service      the LicenseAuthority.dll, or the program published with its runtime, to start; default: the one that was built together with
                         this program. Several, with commas between them, are measured beside each other: on a machine that others
                         use too, what one build costs can only be told beside another
          --profile      orders: every request is a new order; mixed: of ten requests five are new orders, two send an order again, two renew,
                         and one is an operator's look-up
                         v2: the calls of License V2, with an open API of its own that answers at once, and renewals by V1 beside them
          --no-cfssl     leaves cfssl out, even where it is installed
        """;

    /// <summary>What the service stores in; each is measured.</summary>
    public IReadOnlyList<SqlDialect> Databases { get; init; } = [SqlDialect.Sqlite];

    /// <summary>Keep-alive connections, ascending.</summary>
    public IReadOnlyList<int> Connections { get; init; } = [1, 16, 64];

    /// <summary>Length of one measurement.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Before that: the JIT needs up to 11 s to reach full speed.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(14);

    /// <summary>How often everything is measured.</summary>
    public int Runs { get; init; } = 3;

    /// <summary>Licenses stored before, one number for each database.</summary>
    public IReadOnlyList<int> Stored { get; init; } = [0];

    /// <summary>Processes that serve one database, one number for each database; SQLite serves one.</summary>
    public IReadOnlyList<int> Nodes { get; init; } = [1];

    /// <summary>Parent of the folder that the benchmark makes and deletes.</summary>
    public string Folder { get; init; } = Path.GetTempPath();

    /// <summary>The services that are started; each is measured.</summary>
    public IReadOnlyList<string> Services { get; init; } = [Path.Combine(AppContext.BaseDirectory, "LicenseAuthority.dll")];

    /// <summary>The first of them.</summary>
    public string Service => Services[0];

    /// <summary>What is asked of the service.</summary>
    public LoadProfile Profile { get; init; } = LoadProfile.Orders;

    /// <summary>Whether cfssl is measured beside.</summary>
    public bool WithCfssl { get; init; } = true;

    /// <summary>Reads the arguments; null, and what is wrong is said, when they cannot be followed.</summary>
    public static LoadOptions? Parse(string[] args) => OptionArguments.Read(
        args, new LoadOptions(), Usage, static (options, name, value) => options.With(name, value), "--no-cfssl", static options => options with { WithCfssl = false });

    private LoadOptions? With(string name, string value) => name switch
    {
        "--database" when TestedDatabases.Parse(value) is { } dialects => this with { Databases = dialects },
        "--connections" when ReadNumbers(value, least: 1) is { } numbers => this with { Connections = numbers },
        "--stored" when ReadNumbers(value, least: 0) is { } numbers => this with { Stored = numbers },
        "--nodes" when ReadNumbers(value, least: 1) is { } numbers => this with { Nodes = numbers },
        "--seconds" when ReadNumbers(value, least: 1) is [var seconds] => this with { Duration = TimeSpan.FromSeconds(seconds) },
        "--runs" when ReadNumbers(value, least: 1) is [var runs] => this with { Runs = runs },
        "--profile" when Enum.TryParse<LoadProfile>(value, ignoreCase: true, out var profile) && Enum.IsDefined(profile) => this with { Profile = profile },
        "--folder" when Directory.Exists(value) => this with { Folder = Path.GetFullPath(value) },
        "--service" when value.Split(',') is var services && Array.TrueForAll(services, File.Exists) => this with { Services = [.. services.Select(Path.GetFullPath)] },
        _ => null,
    };

    private static List<int>? ReadNumbers(string text, int least)
    {
        var numbers = new List<int>();
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least)
            {
                return null;
            }

            numbers.Add(number);
        }

        numbers.Sort();
        return numbers;
    }
}
