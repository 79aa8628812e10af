using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LicenseAuthority.Benchmarks.Figures;

/// <summary>All figures of a run in one table, for people and for programs.</summary>
internal sealed class FigureTable(MeasuredMachine machine, IReadOnlyList<Figure> figures)
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{machine.At:yyyy-MM-dd HH:mm} UTC: {machine.Cores} cores, {machine.Processor}; {machine.OperatingSystem}; {machine.DotNet}; databases on {machine.FileSystem}.");
        var others = machine.Others is { } share ? $"; while orders were measured other programs took {FigureText.OfShare(share)}" : "";
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{machine.Runs}; {machine.Took.TotalMinutes:N1} minutes in all, idle {FigureText.OfShare(machine.Idle)}, stolen {FigureText.OfShare(machine.Stolen)}{others}.");
        text.AppendLine();
        text.AppendLine("| figure | measured | floor | ratio | goal | |");
        text.AppendLine("|---|--:|--:|--:|---|---|");
        foreach (var figure in figures)
        {
            var floor = figure.Floor is { } value ? FigureText.Of(value, figure.Unit) : "";
            string[] cells =
            [
                figure.FloorIs is null ? figure.Name : $"{figure.Name}; floor: {figure.FloorIs}",
                figure.Measured is { } measured ? FigureText.Of(measured, figure.Unit) : "not measured",
                floor,
                figure.Ratio is { } ratio ? FigureText.OfRatio(ratio) : "",
                figure.Goal?.ToText(figure.Unit) ?? "",
                string.Join("; ", new[] { MetOrMissed(figure, "**missed**"), figure.Note }.Where(static part => part is not null)),
            ];
            text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells.Select(Cell))} |");
        }

        return text.ToString();
    }

    /// <summary>The same with all digits; times in µs, shares from 0 to 1.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            machine = new
            {
                at = machine.At.UtcDateTime,
                cores = machine.Cores,
                processor = machine.Processor,
                operatingSystem = machine.OperatingSystem,
                dotNet = machine.DotNet,
                fileSystem = machine.FileSystem,
                runs = machine.Runs,
                seconds = machine.Took.TotalSeconds,
                idle = Finite(machine.Idle),
                stolen = Finite(machine.Stolen),
                others = Finite(machine.Others),
            },
            figures = figures.Select(static figure => new
            {
                name = figure.Name,
                unit = NameOf(figure.Unit),
                measured = Finite(figure.Measured),
                floor = Finite(figure.Floor),
                floorIs = figure.FloorIs,
                ratio = Finite(figure.Ratio),
                goal = figure.Goal?.ToText(figure.Unit),
                result = MetOrMissed(figure, "missed"),
                note = figure.Note,
            }),
        },
        Readable);

    private static string? MetOrMissed(Figure figure, string missed) => figure.IsMet switch
    {
        true => "met",
        false => missed,
        null => null,
    };

    // JSON knows no "not a number".
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static string NameOf(Unit unit) => unit switch
    {
        Unit.Microseconds => "µs",
        Unit.PerSecond => "/s",
        Unit.Bytes => "B",
        Unit.Megabytes => "MB",
        _ => "",
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
