using System.Globalization;

namespace LicenseAuthority.Benchmarks.Figures;

/// <summary>Numbers as people read them.</summary>
internal static class FigureText
{
    public static string Of(double value, Unit unit) => unit switch
    {
        Unit.Microseconds => OfTime(value),
        Unit.PerSecond => $"{Number(value, "N0")}/s",
        Unit.Bytes => $"{Number(value, "N0")} B",
        Unit.Megabytes => $"{Number(value, "N0")} MB",
        _ => Number(value, "N0"),
    };

    public static string OfRatio(double value) => Number(value, "N2");

    /// <summary>Of a share from 0 to 1.</summary>
    public static string OfShare(double share) => Number(share, "P0");

    private static string OfTime(double microseconds) => Math.Abs(microseconds) switch
    {
        >= 1_000_000 => $"{Number(microseconds / 1_000_000, "#,0.##")} s",
        >= 1000 => $"{Number(microseconds / 1000, "#,0.##")} ms",
        >= 1 or 0 => $"{Number(microseconds, "#,0.#")} µs",
        _ => $"{Number(microseconds * 1000, "N0")} ns",
    };

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
