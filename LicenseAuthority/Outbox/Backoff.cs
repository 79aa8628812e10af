namespace LicenseAuthority.Outbox;

/// <summary>How long to wait after an attempt that failed. Thread-safe.</summary>
/// <param name="random">Gives a number from 0 to below 1: the jitter, so that receivers that failed together are not called together.</param>
internal sealed class Backoff(Func<double> random)
{
    /// <summary>How long a message is tried before it is dead-lettered.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);

    // A receiver that asks for more is asked again earlier: its clock may be wrong.
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    // The last one repeats. In three days that makes about twenty attempts.
    private static readonly TimeSpan[] Waits =
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

    public static readonly TimeSpan Longest = Waits[^1] * (1 + Jitter);

    /// <summary>The wait after a failure; <paramref name="failuresBefore"/> = how many there were in a row before this one.</summary>
    public TimeSpan WaitAfter(int failuresBefore) => Waits[Math.Min(failuresBefore, Waits.Length - 1)] * (1 - Jitter + (2 * Jitter * random()));

    /// <summary>How long a receiver is left alone that asks for it with <c>Retry-After</c>: up to an hour.</summary>
    public static TimeSpan PauseFor(TimeSpan retryAfter) =>
        retryAfter < TimeSpan.Zero ? TimeSpan.Zero : retryAfter > LongestRetryAfter ? LongestRetryAfter : retryAfter;
}
