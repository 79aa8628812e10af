using LicenseAuthority.Benchmarks.Micro;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>
/// The command <c>client</c>: what licensed software pays for its license. One table, each figure beside its floor from the same minutes, and beside its goal.
/// docs/benchmarks.md explains the figures.
/// </summary>
internal static class ClientCommand
{
    public const string Name = "client";

    /// <summary>Runs it; 0 when every goal was met.</summary>
    public static async Task<int> RunAsync()
    {
        using var samples = new SampleCodes();
        var code = (await samples.NewWriter().SignAsync(SampleCodes.License(), null, CancellationToken.None)).Text;
        var goals = new GoalTable();
        CheckFigures.Measure(goals, samples, code);
        await GuardFigures.MeasureAsync(goals, samples, code);
        ListFigures.Measure(goals, samples, code);
        return goals.AreMet ? 0 : 1;
    }
}
