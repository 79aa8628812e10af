using System.Diagnostics;
using System.Globalization;
using LicenseAuthority.Benchmarks.Micro;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Benchmarks.Lists;

/// <summary>
/// The command <c>lists client</c>: what a status list of 2^20 entries costs licensed software. It is read as the software reads it, and a code is judged by it
/// again and again.
/// </summary>
internal static class ClientListsCommand
{
    public const string Name = "client";

    private const int Parses = 40;
    private const int LookUps = 10_000_000;
    private const int Checks = 2_000_000;

    /// <summary>Runs it; 0 when every goal was met.</summary>
    public static async Task<int> RunAsync()
    {
        using var samples = new SampleCodes();
        var code = (await samples.NewWriter().SignAsync(SampleCodes.License(), CancellationToken.None)).Text;
        var verifier = samples.NewVerifier(cacheCodes: true);
        if (verifier.Check(code).License is not { StatusListUri: { } uri } license)
        {
            throw new InvalidOperationException("The sample code names no list.");
        }

        var met = true;
        LicenseStatusList? list = null;
        foreach (var (name, share) in (ReadOnlySpan<(string, double)>)[("nothing against any code", 0), ("1 % revoked", 0.01), ("all at random", 1)])
        {
            var token = samples.SignStatusList(uri, license.StatusListIndex!.Value, share);
            list = Parse(verifier, token);
            var (milliseconds, bytes) = MeasureParse(verifier, token);
            var beyond = (bytes - StatusListReader.EntryBytes) / 1024.0;
            met &= milliseconds <= 20 && beyond <= 64;
            Line($"parse, {name}, {token.Length:N0} characters: {milliseconds:N2} ms (goal: at most 20), {beyond:N1} KiB beyond the entries (goal: at most 64)");
        }

        var nanoseconds = MeasureLookUp(list!);
        met &= nanoseconds <= 100;
        Line($"look-up: {nanoseconds:N1} ns (goal: at most 100)");

        var (microseconds, allocated) = MeasureCheck(verifier, code, list!);
        met &= microseconds <= 2 && allocated == 0;
        Line($"Check again, with a list: {microseconds:N3} µs, {allocated:N0} B in {Checks:N0} checks (goal: at most 2 µs, 0 B)");
        return met ? 0 : 1;
    }

    private static LicenseStatusList Parse(LicenseVerifier verifier, string token)
    {
        var check = verifier.CheckStatusList(token);
        return check.List ?? throw new InvalidOperationException(check.GetEvidence(LicenseLanguage.English));
    }

    // The median; the first few make the code warm and fill the pools.
    private static (double Milliseconds, long Bytes) MeasureParse(LicenseVerifier verifier, string token)
    {
        var times = new List<double>();
        long bytes = 0;
        for (var i = 0; i < Parses; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            Parse(verifier, token);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        times.Sort();
        return (times[times.Count / 2], bytes);
    }

    private static double MeasureLookUp(LicenseStatusList list)
    {
        var found = 0;
        for (var round = 0; round < 2; round++)
        {
            var index = 1u;
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < LookUps; i++)
            {
                // All over the list, so that the processor's cache does not have it.
                index = (index * 1664525) + 1013904223;
                found += list.GetStatus((int)(index >> 12)) == LicenseStatus.Invalid ? 1 : 0;
            }

            if (round == 1)
            {
                return found < 0 ? 0 : Stopwatch.GetElapsedTime(start).TotalNanoseconds / LookUps;
            }
        }

        return 0;
    }

    private static (double Microseconds, long Bytes) MeasureCheck(LicenseVerifier verifier, string code, LicenseStatusList list)
    {
        for (var i = 0; i < Checks / 10; i++)
        {
            _ = verifier.Check(code, list, null).IsValid;
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Checks; i++)
        {
            _ = verifier.Check(code, list, null).IsValid;
        }

        var time = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Checks;
        return (time, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
