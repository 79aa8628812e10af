using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace LicenseAuthority.Benchmarks.Micro;

/// <summary>The command without a name: the parts of an answer one by one, with BenchmarkDotNet, and the ratios that the goals are about.</summary>
internal static class MicroCommand
{
    /// <summary>Runs it; the arguments are BenchmarkDotNet's.</summary>
    public static int Run(string[] args)
    {
        // In this process: the benchmarks see internal types, and nothing needs to be built again.
        var job = Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithIterationTime(TimeInterval.FromMilliseconds(250))
            .WithWarmupCount(6)
            .WithIterationCount(12);
        var config = DefaultConfig.Instance.AddJob(job).AddDiagnoser(MemoryDiagnoser.Default);
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config).ToList();
        PrintRatios(summaries);
        return summaries.Count > 0 && summaries.TrueForAll(summary => !summary.HasCriticalValidationErrors) ? 0 : 1;
    }

    private static void PrintRatios(List<Summary> summaries)
    {
        if (Find(summaries, nameof(CodeBenchmarks.VerifySignature)) is not { } verify)
        {
            return;
        }

        Print(summaries, nameof(CodeBenchmarks.CheckKnownCertificate), "Check, first time, certificate known / one verification", verify.Mean, "goal: at most 1.20");
        Print(summaries, nameof(CodeBenchmarks.CheckFirstTime), "Check, first time at all / two verifications", 2 * verify.Mean, "goal: at most 1.20");
        if (Find(summaries, nameof(CodeBenchmarks.CheckAgain)) is { } again)
        {
            Line($"Check, again: {again.Mean / 1000:N2} µs, {again.Bytes} B allocated   (goal: at most 2 µs, 0 B)");
        }
    }

    private static void Print(List<Summary> summaries, string benchmark, string what, double needed, string goal)
    {
        if (Find(summaries, benchmark) is { } found)
        {
            Line($"{what}: {found.Mean / needed:N2}   ({goal})");
        }
    }

    private static (double Mean, long Bytes)? Find(List<Summary> summaries, string benchmark)
    {
        var report = summaries.SelectMany(summary => summary.Reports).FirstOrDefault(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == benchmark);
        return report?.ResultStatistics is { } statistics
            ? (statistics.Mean, report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? -1)
            : null;
    }

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
