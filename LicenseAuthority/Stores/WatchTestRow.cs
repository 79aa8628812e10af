using System.Globalization;
using Dapper;
using LicenseAuthority.Marketplaces.Watch;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>A row of <c>watch_tests</c>: a day's last dial test of an account's activity.</summary>
internal sealed class WatchTestRow
{
    // Nodes write behind, in any order: the later one stays.
    public const string Upsert =
        """
        INSERT INTO watch_tests (account, activity, day, last_at, result_code, failed) VALUES (@account, @activity, @day, @lastAt, @code, @failed)
        ON CONFLICT (account, activity, day) DO UPDATE SET last_at = excluded.last_at, result_code = excluded.result_code, failed = excluded.failed
        WHERE excluded.last_at >= watch_tests.last_at
        """;

    private const string DayForm = "yyyy-MM-dd";

    public string Account { get; init; } = "";

    public string Activity { get; init; } = "";

    public string Day { get; init; } = "";

    public DateTimeOffset LastAt { get; init; }

    public string ResultCode { get; init; } = "";

    public bool Failed { get; init; }

    /// <summary>The newest test of each account and activity, with how many days in a row failed.</summary>
    public static async ValueTask<IReadOnlyList<DialTest>> ReadAsync(IReadSession session)
    {
        var rows = await session.Connection.QueryAsync<WatchTestRow>(
            "SELECT account, activity, day, last_at, result_code, failed FROM watch_tests ORDER BY account, activity, day DESC");
        return [.. rows.GroupBy(static row => (row.Account, row.Activity)).Select(static rows =>
        {
            DialDay[] days = [.. rows.Select(static row => new DialDay(ToDay(row.Day), row.LastAt, row.ResultCode, row.Failed))];
            return new DialTest(rows.Key.Account, rows.Key.Activity, days[0], WatchRules.FailedDays(days));
        })];
    }

    /// <summary>A day as it is stored.</summary>
    public static string ToText(DateOnly day) => day.ToString(DayForm, CultureInfo.InvariantCulture);

    /// <summary>A stored day.</summary>
    public static DateOnly ToDay(string text) => DateOnly.ParseExact(text, DayForm, CultureInfo.InvariantCulture);
}
