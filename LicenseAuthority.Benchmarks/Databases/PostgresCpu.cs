using System.Globalization;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Benchmarks.Databases;

/// <summary>CPU time of a PostgreSQL server: a process for each connection, and those that look after the data. Linux only, zero elsewhere.</summary>
internal static class PostgresCpu
{
    // proc(5), counted from the field after the name, which may have spaces in it.
    private const int ParentField = 1;
    private const int UserTicksField = 11;
    private const int WaitedForSystemTicksField = 14;

    // USER_HZ, what the kernel counts in for programs, on every common platform.
    private const double TicksPerSecond = 100;

    /// <summary>So far, processes that have ended included.</summary>
    public static TimeSpan Read(PostgresServer server)
    {
        if (!OperatingSystem.IsLinux())
        {
            return TimeSpan.Zero;
        }

        var first = File.ReadLines(Path.Combine(server.Folder, "data", "postmaster.pid")).First();
        long ticks = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(static folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            if (TryReadFields(folder) is { } fields && (Path.GetFileName(folder) == first || fields[ParentField] == first))
            {
                ticks += fields[UserTicksField..(WaitedForSystemTicksField + 1)].Sum(static field => long.Parse(field, CultureInfo.InvariantCulture));
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    private static string[]? TryReadFields(string folder)
    {
        try
        {
            var line = File.ReadAllText(Path.Combine(folder, "stat"));
            return line[(line.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return null;
        }
    }
}
