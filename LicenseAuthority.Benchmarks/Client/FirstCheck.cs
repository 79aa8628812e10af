using System.Diagnostics;
using System.Globalization;
using LicenseAuthority.Benchmarks.Figures;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Benchmarks.Micro;
using LicenseAuthority.Client;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>A check that is the first thing a process does: all that it needs is loaded and compiled meanwhile.</summary>
internal static class FirstCheck
{
    /// <summary>The command that makes one, in a process of its own: the code, then the root keys.</summary>
    public const string Name = "first-check";

    private const int Processes = 7;

    public static async Task MeasureAsync(ClientFigures figures, SampleCodes samples, string code)
    {
        var times = new List<double>();
        for (var i = 0; i < Processes; i++)
        {
            times.Add(await MeasureOneAsync([code, .. samples.RootLines]));
        }

        figures.AddTime("Check, the first thing in a fresh process", times.Order().ElementAt(Processes / 2), Goal.AtMost(25_000));
    }

    /// <summary>Makes it, and prints how many µs it took.</summary>
    public static int Run(string[] args)
    {
        var begin = Stopwatch.GetTimestamp();
        var isValid = new LicenseVerifier(args[1..], SampleCodes.Product).Check(args[0]).IsValid;
        var elapsed = Stopwatch.GetElapsedTime(begin);
        Console.WriteLine(elapsed.TotalMicroseconds.ToString(CultureInfo.InvariantCulture));
        return isValid ? 0 : 1;
    }

    private static async Task<double> MeasureOneAsync(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(ChildProcess.DotNet, [typeof(FirstCheck).Assembly.Location, Name, .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The program dotnet did not start.");
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? double.Parse(output, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException("The sample license is not valid in a fresh process.");
    }
}
