using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LicenseAuthority.Benchmarks.Databases;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Keys;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Reissue;

/// <summary>
/// The command <c>reissue</c>: how fast codes of a revoked key are made anew, and what an order notices of it. docs/benchmarks.md explains the figures.
/// </summary>
internal static class ReissueCommand
{
    public const string Name = "reissue";

    // As many as the service makes at once.
    private const int AtOnce = 8;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Measurement = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs it; 0 when all codes were made anew.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (await FilledRun.ReadAsync(Name, args) is not { } run)
        {
            return 1;
        }

        using var folder = new WorkFolder(run.Folder);
        await using var databases = new TestedDatabases(folder);
        MakeKeys(folder.PathOf("keys"));
        using var disk = new DiskFloor(folder);
        var complete = true;
        foreach (var dialect in run.Dialects)
        {
            Line($"{dialect}: {run.Licenses:N0} codes are signed by a revoked key; {folder.FileSystem}");
            complete &= await AloneAsync(folder, databases, dialect, run.Licenses);
            await BesideOrdersAsync(folder, disk, await databases.MakeAsync(dialect), run.Licenses);
        }

        return complete ? 0 : 2;
    }

    // What is stored before was signed by certificate 1, which the second one revokes.
    private static void MakeKeys(string folder)
    {
        BenchmarkKeys.Make(folder);
        using var writer = KeyDirectoryWriter.Open(new KeyDirectory(folder));
        KeyRotation.Perform(writer, BenchmarkKeys.Passphrase, revokeOlder: true, TimeProvider.System.GetUtcNow());
    }

    private static async Task<bool> AloneAsync(WorkFolder folder, TestedDatabases databases, SqlDialect dialect, int count)
    {
        var before = await LimitAsync(databases, dialect);
        using var authority = await AuthorityUnderTest.StartAsync(folder, new LoadOptions().Service, await databases.MakeAsync(dialect), count);
        var (rate, remaining) = await WaitForAllAsync(authority);
        var limit = (before + await LimitAsync(databases, dialect)) / 2;
        Line($"alone     {rate:N0} codes/s; cores / (S + V + W) = {limit:N0}/s, ratio {rate / limit:N2} (goal: 0.50)");
        return remaining == 0;
    }

    private static async Task<double> LimitAsync(TestedDatabases databases, SqlDialect dialect)
    {
        var (sign, verify) = SignatureFloor.Measure();
        await using var floor = (await databases.MakeAsync(dialect)).NewFloor(withCalls: false);
        var store = await floor.MeasureAsync(AtOnce, AtOnce);
        return Environment.ProcessorCount * 1e6 / (sign + verify + store.Cpu);
    }

    private static async Task BesideOrdersAsync(WorkFolder folder, DiskFloor disk, TestedDatabase database, int count)
    {
        using var authority = await AuthorityUnderTest.StartAsync(folder, new LoadOptions().Service, database, count);
        await authority.MeasureAsync(1, WarmUp);
        var before = await RemainingAsync(authority);
        var begin = Stopwatch.GetTimestamp();
        var during = await authority.MeasureAsync(1, Measurement);
        var after = await RemainingAsync(authority);
        if (before is null or 0 || after is null)
        {
            Line($"beside    it had not begun or was over before orders could be measured beside it: give more --licenses");
            return;
        }

        var rate = (before.Value - after.Value) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var (median, slow) = disk.Measure();
        Line($"orders    one at a time, beside {rate:N0} codes/s: p50 {during.Median:N2} ms, p99 {during.Slow:N1} ms, {during.Rate:N0}/s");
        Line($"goal      p99 at most two flushes and 5 ms = {(2 * slow / 1000) + 5:N1} ms (a flush of this disk now: p50 {median:N0} µs, p99 {slow:N0} µs)");
    }

    // From the first count to the end, both as the service's health tells them.
    private static async Task<(double Rate, long Remaining)> WaitForAllAsync(AuthorityUnderTest authority)
    {
        long? first = null;
        var begin = Stopwatch.GetTimestamp();
        while (true)
        {
            var remaining = await RemainingAsync(authority);
            if (first is null && remaining is not null)
            {
                (first, begin) = (remaining, Stopwatch.GetTimestamp());
            }

            if (remaining == 0)
            {
                return (first!.Value / Stopwatch.GetElapsedTime(begin).TotalSeconds, 0);
            }

            await Task.Delay(BetweenLooks);
        }
    }

    // Null: they are being counted.
    private static async Task<long?> RemainingAsync(AuthorityUnderTest authority)
    {
        using var http = authority.NewClient();
        using var health = JsonDocument.Parse(await http.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));
        var check = health.RootElement.GetProperty("checks").GetProperty("reissue");
        var description = check.GetProperty("description").GetString()!;
        return check.GetProperty("status").GetString() == "Healthy" ? 0
            : long.TryParse(description.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var remaining) ? remaining
            : null;
    }

    private static void Line(FormattableString text) => Console.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
