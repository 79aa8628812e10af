using LicenseAuthority.Benchmarks.Figures;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>Measures beside a floor, and hands the figure on.</summary>
internal sealed class ClientFigures(Action<Figure> add, InTurn inTurn)
{
    public InTurn InTurn => inTurn;

    /// <summary>A time that is judged by that of its floor.</summary>
    public void AddRatio(string name, string floorIs, Measurement measured, Goal? goal, string? note = null) =>
        add(new Figure(name, Unit.Microseconds, measured.Microseconds)
        {
            Floor = measured.Floor,
            FloorIs = floorIs,
            Ratio = measured.Ratio,
            Goal = goal,
            Note = note,
        });

    /// <summary>A time that has a goal of its own; the floor says how quick the machine is.</summary>
    public void AddTime(string name, double microseconds, Goal goal, string? floorIs = null, double? floor = null) =>
        add(new Figure(name, Unit.Microseconds, microseconds) { Floor = floor, FloorIs = floorIs, Goal = goal });

    public void AddBytes(string name, double bytes, double limit) => add(new Figure(name, Unit.Bytes, bytes) { Goal = Goal.AtMost(limit) });
}
