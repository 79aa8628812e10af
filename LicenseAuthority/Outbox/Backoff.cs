namespace LicenseAuthority.Outbox;

/// <summary>How long to wait after an attempt that failed. Thread-safe.</summary>
/// <param name="random">Gives a number from 0 to below 1: the jitter, so that receivers that failed together are not called together.</param>
internal sealed class Backoff(Func<double> random)
{
    /// <summary>How long a message is tried before it is dead-lettered.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);

    // A receiver that asks for more is asked again earlier: its clock may be wrong.
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    /// <summary>For receivers that may be away for long. In three days that makes about twenty attempts.</summary>
    public static readonly IReadOnlyList<TimeSpan> PatientWaits =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(4),
    ];

    // Waits are made up to this part shorter or longer.
    private const double Jitter = 0.2;

    /// <summary>No wait of any sender is longer.</summary>
    public static readonly TimeSpan Longest = PatientWaits[^1] * (1 + Jitter);

    /// <summary>The wait after a failure.</summary>
    /// <param name="waits">After the first failure in a row, the second, and so on; the last one repeats.</param>
    /// <param name="failuresBefore">How many there were in a row before this one.</param>
    public TimeSpan WaitAfter(IReadOnlyList<TimeSpan> waits, int failuresBefore)
    {
        var wait = waits[Math.Min(failuresBefore, waits.Count - 1)] * (1 - Jitter + (2 * Jitter * random()));
        return wait < Longest ? wait : Longest;
    }

    /// <summary>How long a receiver is left alone that asks for it with <c>Retry-After</c>: up to an hour.</summary>
    public static TimeSpan PauseFor(TimeSpan retryAfter) =>
        retryAfter < TimeSpan.Zero ? TimeSpan.Zero : retryAfter > LongestRetryAfter ? LongestRetryAfter : retryAfter;
}
