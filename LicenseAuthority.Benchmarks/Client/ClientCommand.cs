using LicenseAuthority.Benchmarks.Figures;
using LicenseAuthority.Benchmarks.Micro;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>
/// The command <c>client</c>: what licensed software pays for its license. Each figure beside its floor from the same minutes, and beside its goal.
/// docs/benchmarks.md explains the figures.
/// </summary>
internal static class ClientCommand
{
    public const string Name = "client";

    private const double QuickShare = 0.05;

    /// <summary>Runs it; 0 when every goal was met.</summary>
    public static async Task<int> RunAsync()
    {
        var lines = new FigureLines(Console.Out);
        await MeasureAsync(quick: false, lines.Add);
        return lines.AreMet ? 0 : 1;
    }

    /// <summary>Measures everything; each figure is handed on as soon as it is known.</summary>
    public static async Task MeasureAsync(bool quick, Action<Figure> add)
    {
        using var samples = new SampleCodes();
        var code = (await samples.NewWriter().SignAsync(SampleCodes.License(), null, CancellationToken.None)).Text;
        var figures = new ClientFigures(add, new InTurn(quick ? QuickShare : 1));
        CheckFigures.Measure(figures, samples, code);
        await FirstCheck.MeasureAsync(figures, samples, code);
        await GuardFigures.MeasureAsync(figures, samples, code);
        ListFigures.Measure(figures, samples, code);
    }
}
