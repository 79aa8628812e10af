using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client.Fetching;

/// <summary>Decides whether it is time to fetch. Pure.</summary>
internal static class FetchSchedule
{
    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestHold = TimeSpan.FromDays(1);

    // Longer than a fetch can take: another process may be at it.
    private static readonly TimeSpan Unfinished = TimeSpan.FromMinutes(2);

    /// <summary>True if a fetch is due.</summary>
    /// <param name="marks">Of all processes that share the store.</param>
    /// <param name="sample">The clocks; the monotonic one counts from when the guard was opened.</param>
    /// <param name="lastTry">When this guard last tried, by the monotonic clock; null: it did not.</param>
    /// <param name="interval">Between two successes.</param>
    /// <param name="jitter">A factor, so that not all machines come at once: 0.8 to 1.2.</param>
    /// <param name="lease">The leased code that counts, or null: it is prolonged after half of its lease.</param>
    public static bool IsDue(FetchMarks marks, in ClockSample sample, TimeSpan? lastTry, TimeSpan interval, double jitter, LicenseCode? lease)
    {
        if (sample.Running < FirstAfter || sample.Running - lastTry < Shortest)
        {
            return false;
        }

        var now = sample.Wall;

        // What lies in the future was noted by a clock that was ahead: nobody waits for that.
        if (marks.TriedAt is not { } tried || tried > now)
        {
            return true;
        }

        if (IsHeld(marks, now))
        {
            return false;
        }

        // Who began and did not end it, as the program was closed or killed, has fetched nothing.
        var isUnfinished = marks.FetchedAt is null || marks.FetchedAt < tried;
        var wait = marks.Failures > 0 ? BackOff(marks.Failures, interval) : isUnfinished && Unfinished < interval ? Unfinished : interval;
        return now - tried >= Scale(wait, jitter) || (IsHalfOver(lease, now) && now - tried >= PauseOf(lease!));
    }

    /// <summary>Whether the authority wants to be left alone still. What was noted by a clock that was ahead does not count.</summary>
    public static bool IsHeld(FetchMarks marks, DateTimeOffset now) =>
        marks.NotBefore is { } notBefore && now < notBefore && notBefore - now <= LongestHold && !(marks.TriedAt > now);

    /// <summary>Until when an authority that said "not before" is left alone; never longer than a day.</summary>
    public static DateTimeOffset? HoldUntil(DateTimeOffset now, TimeSpan? retryAfter) =>
        retryAfter is { } wait && wait > TimeSpan.Zero && now < DateTimeOffset.MaxValue - LongestHold ? now + (wait < LongestHold ? wait : LongestHold) : null;

    // From a minute on twice as long each time, up to the interval.
    private static TimeSpan BackOff(int failures, TimeSpan interval)
    {
        var wait = TimeSpan.FromTicks(Shortest.Ticks << Math.Min(failures - 1, 20));
        return wait < interval ? wait : interval;
    }

    private static bool IsHalfOver(LicenseCode? lease, DateTimeOffset now) =>
        lease is { IsLeased: true, ExpiresAt: { } end } && now >= lease.IssuedAt + TimeSpan.FromTicks((end - lease.IssuedAt).Ticks / 2);

    // Where the authority gave no newer one yet, as its clock is another, or could not be reached: no back-off may be longer than what is left of a lease.
    private static TimeSpan PauseOf(LicenseCode lease)
    {
        var pause = TimeSpan.FromTicks((lease.ExpiresAt!.Value - lease.IssuedAt).Ticks / 16);
        return pause > Shortest ? pause : Shortest;
    }

    private static TimeSpan Scale(TimeSpan span, double factor) => TimeSpan.FromTicks((long)(span.Ticks * factor));
}
