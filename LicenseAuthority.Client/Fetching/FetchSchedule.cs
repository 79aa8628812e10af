using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client.Fetching;

/// <summary>Decides whether it is time to fetch. Pure.</summary>
internal static class FetchSchedule
{
    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestHold = TimeSpan.FromDays(1);

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

        if (marks.NotBefore is { } notBefore && now < notBefore && notBefore - now <= LongestHold)
        {
            return false;
        }

        if (marks.Failures > 0)
        {
            return now - tried >= Scale(BackOff(marks.Failures, interval), jitter);
        }

        return now - tried >= Scale(interval, jitter) || (IsHalfOver(lease, now) && now - tried >= PauseOf(lease!));
    }

    /// <summary>Until when an authority that said "not before" is left alone; never longer than a day.</summary>
    public static DateTimeOffset? HoldUntil(DateTimeOffset now, TimeSpan? retryAfter) =>
        retryAfter is { } wait && wait > TimeSpan.Zero ? now + (wait < LongestHold ? wait : LongestHold) : null;

    // From a minute on twice as long each time, up to the interval.
    private static TimeSpan BackOff(int failures, TimeSpan interval)
    {
        var wait = TimeSpan.FromTicks(Shortest.Ticks << Math.Min(failures - 1, 20));
        return wait < interval ? wait : interval;
    }

    private static bool IsHalfOver(LicenseCode? lease, DateTimeOffset now) =>
        lease is { IsLeased: true, ExpiresAt: { } end } && now >= lease.IssuedAt + TimeSpan.FromTicks((end - lease.IssuedAt).Ticks / 2);

    // Where the authority gave no newer one yet, as its clock is another.
    private static TimeSpan PauseOf(LicenseCode lease)
    {
        var pause = TimeSpan.FromTicks((lease.ExpiresAt!.Value - lease.IssuedAt).Ticks / 16);
        return pause > Shortest ? pause : Shortest;
    }

    private static TimeSpan Scale(TimeSpan span, double factor) => TimeSpan.FromTicks((long)(span.Ticks * factor));
}
