using System.Runtime.InteropServices;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>What this machine is.</summary>
internal static class Machine
{
    public static string Processor { get; } = File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";

    public static string Text => $"{Environment.ProcessorCount} cores, {Processor}; {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}";
}
