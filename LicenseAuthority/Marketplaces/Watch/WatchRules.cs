using System.Globalization;

namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>What the watch makes of calls, and when somebody is told. Pure.</summary>
internal static class WatchRules
{
    /// <summary>So many failed orders of a product and health is yellow, as at each that is failing.</summary>
    public const int ManyFailed = 3;

    /// <summary>After so many days of failing dial tests the product is hidden.</summary>
    public const int MostFailedDays = 5;

    /// <summary>So many months are kept, this one included.</summary>
    public const int MonthsKept = 24;

    /// <summary>So long without a dial test, and they have stopped.</summary>
    public static readonly TimeSpan SilentAfter = TimeSpan.FromHours(36);

    // On so many days in a row there must have been some.
    private const int DaysOfTests = 3;

    /// <summary>At so many failed orders of one product somebody is told, once in a month.</summary>
    private static readonly int[] Thresholds = [1, 3, 5];

    /// <summary>The highest threshold that a number of failed orders reaches; 0 = none.</summary>
    public static int ThresholdOf(int orders) => Array.FindLast(Thresholds, threshold => threshold <= orders);

    /// <summary>What a call means to the watch.</summary>
    public static CallVerdict Judge(WatchedCall call, WatchPolicy policy)
    {
        var isHeard = call.CallerWaited && call.Elapsed <= policy.LatestAnswer;
        return call.Ending switch
        {
            CallEnding.Declined => CallVerdict.Nothing,
            CallEnding.Failed => CallVerdict.Failed,
            _ when !isHeard => CallVerdict.Unheard,
            CallEnding.Done => CallVerdict.Served,
            _ when call.Habit.PlacesOrder => CallVerdict.Waits,
            _ => call.Habit.MayEndInProgress ? CallVerdict.Served : CallVerdict.Failed,
        };
    }

    /// <summary>Whether a debug case failed: whatever it was refused for, the marketplace takes it for a failure.</summary>
    public static bool IsFailedTest(WatchedCall test, WatchPolicy policy) =>
        test.Ending is CallEnding.Failed or CallEnding.Declined || !test.CallerWaited || test.Elapsed > policy.LatestAnswer;

    /// <summary>The month of an instant, such as <c>2026-11</c>, by the marketplace's clock.</summary>
    public static string MonthOf(DateTimeOffset instant, WatchPolicy policy) => instant.ToOffset(policy.Offset).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>Reads a month such as <c>2026-11</c>; null = it is none.</summary>
    public static string? ReadMonth(string text) =>
        text.Length == 7 && DateOnly.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? text : null;

    /// <summary>The first month that is kept.</summary>
    public static string FirstMonthKept(DateTimeOffset now, WatchPolicy policy) =>
        now.ToOffset(policy.Offset).AddMonths(1 - MonthsKept).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>The day of an instant by the marketplace's clock.</summary>
    public static DateOnly DayOf(DateTimeOffset instant, WatchPolicy policy) => DateOnly.FromDateTime(instant.ToOffset(policy.Offset).DateTime);

    /// <summary>On how many days in a row, up to the last one with dial tests, they failed. A day without any is none of them, and ends nothing.</summary>
    /// <param name="days">Each day with dial tests, the newest first; a day failed if its last one did.</param>
    public static int FailedDays(IEnumerable<DialDay> days) => days.TakeWhile(static day => day.Failed).Count();

    /// <summary>Whether dial tests have stopped: there were some on three days in a row, and then none for 36 hours.</summary>
    /// <param name="days">The days with dial tests, the newest first.</param>
    /// <param name="lastAt">When the last one came.</param>
    /// <param name="now">Now.</param>
    public static bool HaveStopped(IReadOnlyList<DateOnly> days, DateTimeOffset lastAt, DateTimeOffset now) =>
        now - lastAt >= SilentAfter
        && days.Count >= DaysOfTests
        && days[0].DayNumber - days[DaysOfTests - 1].DayNumber == DaysOfTests - 1;

    /// <summary>What health says of it; null = nothing.</summary>
    public static string? FindTrouble(WatchCondition condition, WatchPolicy policy) => condition switch
    {
        { Products: [{ Orders: >= ManyFailed and var orders }, ..] } => string.Create(
            CultureInfo.InvariantCulture,
            $"{orders} orders of one product have failed in this month, and more than {policy.MostFailed} delist it; /admin/v1/marketplace/watch says which."),
        { IsFailing: true } => "An order fails, and the marketplace still repeats its call; /admin/v1/marketplace/watch says which.",
        _ => null,
    };

    /// <summary>The instant at which the marketplace stops to repeat a call.</summary>
    public static DateTimeOffset RepeatedUntil(DateTimeOffset firstFailedAt, CallHabit habit) => firstFailedAt + habit.Repeats;
}

/// <summary>What a call means to the watch.</summary>
internal enum CallVerdict
{
    /// <summary>Neither good nor bad.</summary>
    Nothing,

    /// <summary>The marketplace has what it asked for, and knows it.</summary>
    Served,

    /// <summary>The marketplace knows that its order is being worked on.</summary>
    Waits,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was carried out, and the marketplace does not know.</summary>
    Unheard,
}

/// <summary>How the dial tests of a day went.</summary>
/// <param name="Day">By the marketplace's clock.</param>
/// <param name="LastAt">The last one.</param>
/// <param name="LastResultCode">How that was answered.</param>
/// <param name="Failed">Whether it failed.</param>
internal sealed record DialDay(DateOnly Day, DateTimeOffset LastAt, string LastResultCode, bool Failed);
