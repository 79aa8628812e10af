using LicenseAuthority.Benchmarks.Figures;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>The rule for orders that come one at a time, whatever else is done beside them.</summary>
internal static class OrderFigures
{
    private const double BeyondFlushes = 5_000;

    /// <summary>Two slow flushes of this disk, and 5 ms.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="orders">On one connection.</param>
    /// <param name="slowFlush">99th percentile of a flush in the same minutes, in µs.</param>
    /// <param name="beside">What else was done meanwhile.</param>
    public static Figure SlowestAlone(string name, LoadSample orders, double slowFlush, string? beside = null) =>
        SlowestAlone(name, orders.Slow * 1000, orders.Median * 1000, slowFlush, beside);

    /// <summary>The same of several samples, in µs.</summary>
    public static Figure SlowestAlone(string name, double slow, double median, double slowFlush, string? beside = null) =>
        new(name, Unit.Microseconds, slow)
        {
            Floor = 2 * slowFlush,
            FloorIs = "two flushes, p99",
            Goal = Goal.BeyondFloorAtMost(BeyondFlushes),
            Note = $"p50 {FigureText.Of(median, Unit.Microseconds)}{(beside is null ? "" : $", {beside}")}",
        };
}
