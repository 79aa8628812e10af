namespace LicenseAuthority.Benchmarks.Figures;

/// <summary>What a figure should come to. A figure that says "not a number" meets none.</summary>
internal sealed class Goal
{
    private readonly Func<Figure, bool> _isMet;
    private readonly Func<Unit, string> _text;

    private Goal(Func<Figure, bool> isMet, Func<Unit, string> text)
    {
        _isMet = isMet;
        _text = text;
    }

    public static Goal AtMost(double limit) => new(figure => figure.Measured <= limit, unit => $"at most {FigureText.Of(limit, unit)}");

    public static Goal AtLeast(double limit) => new(figure => figure.Measured >= limit, unit => $"at least {FigureText.Of(limit, unit)}");

    public static Goal RatioAtMost(double limit) => new(figure => figure.Ratio <= limit, _ => $"ratio at most {FigureText.OfRatio(limit)}");

    public static Goal RatioAtLeast(double limit) => new(figure => figure.Ratio >= limit, _ => $"ratio at least {FigureText.OfRatio(limit)}");

    /// <summary>So much more than the floor, and no more.</summary>
    public static Goal BeyondFloorAtMost(double limit) =>
        new(figure => figure.Measured - figure.Floor <= limit, unit => $"at most {FigureText.Of(limit, unit)} beyond the floor");

    public bool IsMetBy(Figure figure) => _isMet(figure);

    public string ToText(Unit unit) => _text(unit);
}
