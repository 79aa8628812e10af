using System.Collections.Concurrent;

namespace LicenseAuthority.Doors;

/// <summary>
/// Lets each of many callers in so many times in a period. All periods begin together, so that what was counted is forgotten as a whole, and nobody can fill the
/// memory by calling under many names. Counts timestamps: no correction of the clock makes anybody wait longer. Thread-safe.
/// </summary>
/// <param name="most">How often, from 1 on.</param>
/// <param name="length">How long a period is, above zero.</param>
/// <param name="time">The clock.</param>
internal sealed class CallLimit(int most, TimeSpan length, TimeProvider time)
{
    // Of more callers in one period than this all counts begin anew: none of them is told to wait for what the others do.
    private const int MostCallers = 100_000;

    private Period _period = new(time.GetTimestamp());

    /// <summary>Counts one. False: that is too often; <paramref name="retryAfter"/> says how long to wait, above zero and at most the length of a period.</summary>
    public bool TryEnter(string caller, out TimeSpan retryAfter)
    {
        var period = Current(out retryAfter);
        var count = period.Counts.AddOrUpdate(caller, 1, static (_, count) => count == int.MaxValue ? count : count + 1);
        if (count == 1)
        {
            Interlocked.Increment(ref period.Callers);
        }

        return count <= most;
    }

    /// <summary>Whether a next one would be too often, without counting any; <paramref name="retryAfter"/> as for <see cref="TryEnter"/>.</summary>
    public bool IsReached(string caller, out TimeSpan retryAfter) => Current(out retryAfter).Counts.GetValueOrDefault(caller) >= most;

    private Period Current(out TimeSpan retryAfter)
    {
        var period = Volatile.Read(ref _period);
        var elapsed = time.GetElapsedTime(period.Began);
        if (elapsed >= length || Volatile.Read(ref period.Callers) >= MostCallers)
        {
            // Of several who find it over one begins the next, and all count in it.
            Interlocked.CompareExchange(ref _period, new Period(time.GetTimestamp()), period);
            period = Volatile.Read(ref _period);
            elapsed = time.GetElapsedTime(period.Began);
        }

        retryAfter = length - elapsed;
        if (retryAfter <= TimeSpan.Zero || retryAfter > length)
        {
            retryAfter = length;
        }

        return period;
    }

    private sealed class Period(long began)
    {
        // Beside the dictionary, whose own count takes all of its locks.
        public int Callers;

        public long Began { get; } = began;

        public ConcurrentDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);
    }
}
