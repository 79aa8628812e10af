using System.Globalization;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>Figures, each with its floor where it has one, and with the goal that it meets or misses; printed line by line.</summary>
internal sealed class GoalTable
{
    public GoalTable() => Line($"{"figure",-58} {"measured",14} {"floor",14} {"ratio",8}  goal");

    public bool AreMet { get; private set; } = true;

    /// <summary>How a time stands to that of its floor.</summary>
    public void AddRatio(string figure, double microseconds, double floor, double ratio, bool isMet, string goal) =>
        Add(figure, Time(microseconds), Time(floor), ratio.ToString("N2", CultureInfo.InvariantCulture), isMet, goal);

    /// <summary>A time that has a goal of its own; the floor says how quick the machine is.</summary>
    public void AddTime(string figure, double microseconds, double? floor, bool isMet, string goal) =>
        Add(figure, Time(microseconds), floor is { } time ? Time(time) : "", "", isMet, goal);

    public void AddBytes(string figure, double bytes, bool isMet, string goal) =>
        Add(figure, bytes.ToString("N0", CultureInfo.InvariantCulture) + " B", "", "", isMet, goal);

    private void Add(string figure, string measured, string floor, string ratio, bool isMet, string goal)
    {
        AreMet &= isMet;
        Line($"{figure,-58} {measured,14} {floor,14} {ratio,8}  {goal}{(isMet ? "" : ": MISSED")}");
    }

    private static string Time(double microseconds) => microseconds switch
    {
        >= 1000 => (microseconds / 1000).ToString("N2", CultureInfo.InvariantCulture) + " ms",
        >= 1 => microseconds.ToString("N1", CultureInfo.InvariantCulture) + " µs",
        _ => (microseconds * 1000).ToString("N0", CultureInfo.InvariantCulture) + " ns",
    };

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
