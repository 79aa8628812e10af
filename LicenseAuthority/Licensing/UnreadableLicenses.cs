using System.Collections.Concurrent;

namespace LicenseAuthority.Licensing;

/// <summary>
/// The licenses that whoever reads many at once has passed by, since their rows cannot be read: each is told once, until it can be read again. Thread-safe.
/// </summary>
internal sealed partial class UnreadableLicenses(ILogger<UnreadableLicenses> logger)
{
    /// <summary>Of more than these a damaged disk is the matter and not a row: they are not told one by one.</summary>
    public const int Most = 10_000;

    private readonly ConcurrentDictionary<string, bool> _ids = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>How many there are, as far as anybody has looked.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>This one could not be read, and was passed by.</summary>
    public void Found(UnreadableLicenseException exception)
    {
        if (Count < Most && _ids.TryAdd(exception.LicenseId, true))
        {
            Interlocked.Increment(ref _count);
            LogUnreadable(exception.Message);
        }
    }

    /// <summary>This one was read. Costs nothing while there is none that cannot be.</summary>
    public void Read(string licenseId)
    {
        if (Count > 0 && _ids.TryRemove(licenseId, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Reason}")]
    private partial void LogUnreadable(string reason);
}
