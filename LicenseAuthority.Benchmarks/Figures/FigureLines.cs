namespace LicenseAuthority.Benchmarks.Figures;

/// <summary>Prints figures line by line as they come, with the goal that each meets or misses.</summary>
internal sealed class FigureLines
{
    private readonly TextWriter _output;

    public FigureLines(TextWriter output)
    {
        _output = output;
        Line("figure", "measured", "floor", "ratio", "goal");
    }

    /// <summary>Whether none of them missed its goal.</summary>
    public bool AreMet { get; private set; } = true;

    public void Add(Figure figure)
    {
        AreMet &= figure.IsMet != false;
        var goal = figure.Goal?.ToText(figure.Unit) + (figure.IsMet == false ? ": MISSED" : "");
        Line(
            figure.Name,
            figure.Measured is { } measured ? FigureText.Of(measured, figure.Unit) : "",
            figure.Floor is { } floor ? FigureText.Of(floor, figure.Unit) : "",
            figure.Ratio is { } ratio ? FigureText.OfRatio(ratio) : "",
            figure.Note is null ? goal : goal.Length == 0 ? figure.Note : $"{goal} ({figure.Note})");
    }

    private void Line(string name, string measured, string floor, string ratio, string goal)
    {
        _output.WriteLine($"{name,-66} {measured,12} {floor,12} {ratio,8}  {goal}".TrimEnd());
        _output.Flush();
    }
}
