using System.Collections.Concurrent;

namespace LicenseAuthority.Doors;

/// <summary>Decides which fault is logged with its stack trace where callers are many and unknown: one a minute of each kind of exception. Thread-safe.</summary>
internal sealed class FaultSampler(TimeProvider time)
{
    // Kinds of exceptions are in the program, callers cannot make more of them.
    private readonly ConcurrentDictionary<Type, LogSampler> _kinds = new();

    /// <summary>Counts one. True: log it whole, for the <paramref name="sinceLast"/> of its kind that came since the last one that was.</summary>
    public bool Count(Exception exception, out long sinceLast) =>
        _kinds.GetOrAdd(exception.GetType(), static (_, time) => new LogSampler(time), time).Count(out sinceLast);
}
