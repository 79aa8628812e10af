using System.Diagnostics;
using System.Runtime.InteropServices;
using LicenseAuthority.Benchmarks.Client;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Benchmarks.Figures;
using LicenseAuthority.Benchmarks.Lists;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Benchmarks.Reissue;
using LicenseAuthority.Benchmarks.Sweep;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Report;

/// <summary>
/// The command <c>report</c>: everything that has a goal, measured by the other commands one after the other, in one table. What cannot be measured here is a row
/// that says why. docs/benchmarks.md explains the figures.
/// </summary>
internal sealed class ReportCommand
{
    public const string Name = "report";

    // Nothing begins later than that: a machine that is too slow gives an incomplete table, not one that never comes.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    private readonly ReportOptions _options;
    private readonly List<Figure> _figures = [];
    private readonly FigureLines _progress = new(Console.Error);
    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly MachineUse _machine = MachineUse.Now();
    private double? _others;

    private ReportCommand(ReportOptions options) => _options = options;

    /// <summary>Runs it; 0 when there is a table, whatever it says of goals.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (ReportOptions.Parse(args) is not { } options)
        {
            return 1;
        }

        await new ReportCommand(options).RunAsync();
        return 0;
    }

    private async Task RunAsync()
    {
        // First, while the machine is as it was: the load, which needs it whole.
        await PartAsync("orders", MeasureOrdersAsync);
        await PartAsync("many licenses", MeasureManyAsync);
        foreach (var dialect in SqlDialect.All)
        {
            await PartAsync($"{dialect}: sweep", async () => await SweepCommand.MeasureAsync(Filled(dialect, _options.Quick ? 20_000 : 400_000), SweepHalf.Both, Add), dialect);
        }

        await PartAsync("status lists and start", async () => await ListsCommand.MeasureAsync(Filled(SqlDialect.Sqlite, _options.Stored), Add));
        Add(Figure.NotMeasured("orders beside status lists that are switched off", "lists cannot be switched off, so each figure contains them"));
        await PartAsync("codes made anew", async () => await ReissueCommand.MeasureAsync(Filled(SqlDialect.Sqlite, _options.Quick ? 10_000 : 60_000), Add));
        await PartAsync("client", async () => await ClientCommand.MeasureAsync(_options.Quick, Add));
        await WriteAsync();
    }

    private async Task MeasureOrdersAsync()
    {
        var why = TestedDatabases.WhyNot([SqlDialect.Postgres]);
        var result = await LoadCommand.MeasureAsync(
            new LoadOptions
            {
                Databases = why is null ? SqlDialect.All : [SqlDialect.Sqlite],
                Nodes = [1, 2],
                Duration = OrderTime,
                WarmUp = _options.Quick ? TimeSpan.FromSeconds(2) : new LoadOptions().WarmUp,
                Runs = Runs,
                Folder = _options.Folder,
                Services = [_options.Service],
            },
            Console.Error);
        _others = result.Others;
        AddAll(result.Figures().Concat(result.ComparedFigures()));
        Add(new Figure("answered orders that were lost by a kill", Unit.Count, result.LostOrders) { Goal = Goal.AtMost(0) });
        if (why is not null)
        {
            Add(Figure.NotMeasured($"{SqlDialect.Postgres}: orders", why));
        }

        if (!result.HasPeer)
        {
            Add(Figure.NotMeasured("beside cfssl", CfsslServer.HowToInstall));
        }
    }

    // Issuing and looking up, both beside a database that has few.
    private async Task MeasureManyAsync()
    {
        var result = await LoadCommand.MeasureAsync(
            new LoadOptions
            {
                Stored = [Math.Min(10_000, _options.Stored / 2), _options.Stored],
                Connections = [1, 16],
                Duration = OrderTime,
                WarmUp = TimeSpan.FromSeconds(_options.Quick ? 2 : 10),
                Runs = _options.Quick ? 1 : 2,
                Folder = _options.Folder,
                Services = [_options.Service],
                Profile = LoadProfile.Mixed,
                WithCfssl = false,
            },
            Console.Error);
        AddAll(result.ComparedFigures());
    }

    private FilledRun Filled(SqlDialect dialect, int licenses) => new(licenses, [dialect], _options.Folder, _options.Service) { Quick = _options.Quick };

    private int Runs => _options.Quick ? 1 : 2;

    private TimeSpan OrderTime => TimeSpan.FromSeconds(_options.Quick ? 1 : 6);

    private async Task PartAsync(string name, Func<Task> measure, SqlDialect? dialect = null)
    {
        if ((dialect is null ? null : TestedDatabases.WhyNot([dialect])) is { } why)
        {
            Add(Figure.NotMeasured(name, why));
            return;
        }

        if (Stopwatch.GetElapsedTime(_begin) > Patience)
        {
            Add(Figure.NotMeasured(name, $"left out after {Patience.TotalMinutes:N0} minutes"));
            return;
        }

        try
        {
            await measure();
        }
#pragma warning disable CA1031 // Whatever it was, the other parts are still worth measuring, and the row says it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Add(Figure.NotMeasured(name, $"it failed: {e.Message}"));
        }
    }

    private void Add(Figure figure)
    {
        _figures.Add(figure);
        _progress.Add(figure);
    }

    // Printed by the command that measured them.
    private void AddAll(IEnumerable<Figure> figures) => _figures.AddRange(figures);

    private async Task WriteAsync()
    {
        var used = MachineUse.Now().Since(_machine);
        var table = new FigureTable(
            new MeasuredMachine(
                TimeProvider.System.GetUtcNow(),
                Environment.ProcessorCount,
                Machine.Processor,
                RuntimeInformation.OSDescription,
                RuntimeInformation.FrameworkDescription,
                new DriveInfo(_options.Folder).DriveFormat,
                $"orders: {Runs} {(Runs == 1 ? "run" : "runs")} of {OrderTime.TotalSeconds:N0} s for each number of connections{(_options.Quick ? " (--quick: the figures say little)" : "")}",
                Stopwatch.GetElapsedTime(_begin),
                used.Idle,
                used.Steal,
                _others),
            _figures);
        if (_options.JsonFile is { } json)
        {
            await File.WriteAllTextAsync(json, table.ToJson() + Environment.NewLine);
        }

        if (_options.MarkdownFile is { } markdown)
        {
            await File.WriteAllTextAsync(markdown, table.ToMarkdown());
        }
        else
        {
            await Console.Out.WriteAsync(table.ToMarkdown());
        }
    }
}
