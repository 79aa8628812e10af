using System.Collections.Concurrent;

namespace LicenseAuthority.Doors;

/// <summary>
/// Lets each of many callers in so many times a minute. All minutes begin together, so that what was counted is forgotten as a whole, and nobody can fill the
/// memory by calling under many names. Counts timestamps: no correction of the clock makes anybody wait longer. Thread-safe.
/// </summary>
/// <param name="most">How often, from 1 on.</param>
/// <param name="time">The clock.</param>
internal sealed class MinuteLimit(int most, TimeProvider time)
{
    // Of more callers in one minute than this all counts begin anew: none of them is told to wait for what the others do.
    private const int MostCallers = 100_000;

    private static readonly TimeSpan Length = TimeSpan.FromMinutes(1);

    private Minute _minute = new(time.GetTimestamp());

    /// <summary>Counts one. False: that is too often; <paramref name="retryAfter"/> says how long to wait, above zero and at most a minute.</summary>
    public bool TryEnter(string caller, out TimeSpan retryAfter)
    {
        var minute = Current(out retryAfter);
        var count = minute.Counts.AddOrUpdate(caller, 1, static (_, count) => count == int.MaxValue ? count : count + 1);
        if (count == 1)
        {
            Interlocked.Increment(ref minute.Callers);
        }

        return count <= most;
    }

    /// <summary>Whether a next one would be too often, without counting any; <paramref name="retryAfter"/> as for <see cref="TryEnter"/>.</summary>
    public bool IsReached(string caller, out TimeSpan retryAfter) => Current(out retryAfter).Counts.GetValueOrDefault(caller) >= most;

    private Minute Current(out TimeSpan retryAfter)
    {
        var minute = Volatile.Read(ref _minute);
        var elapsed = time.GetElapsedTime(minute.Began);
        if (elapsed >= Length || Volatile.Read(ref minute.Callers) >= MostCallers)
        {
            // Of several who find it over one begins the next, and all count in it.
            Interlocked.CompareExchange(ref _minute, new Minute(time.GetTimestamp()), minute);
            minute = Volatile.Read(ref _minute);
            elapsed = time.GetElapsedTime(minute.Began);
        }

        retryAfter = Length - elapsed;
        if (retryAfter <= TimeSpan.Zero || retryAfter > Length)
        {
            retryAfter = Length;
        }

        return minute;
    }

    private sealed class Minute(long began)
    {
        // Beside the dictionary, whose own count takes all of its locks.
        public int Callers;

        public long Began { get; } = began;

        public ConcurrentDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);
    }
}
