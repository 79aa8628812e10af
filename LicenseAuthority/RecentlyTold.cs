namespace LicenseAuthority;

/// <summary>
/// Remembers what was told, so that each thing is told once an hour however often it happens. So many are remembered; of more, the one that was told longest
/// ago is forgotten. Thread-safe.
/// </summary>
internal sealed class RecentlyTold<TKey>(TimeProvider time)
    where TKey : notnull
{
    /// <summary>What goes on to happen is told again after this time.</summary>
    public static readonly TimeSpan ToldAgainAfter = TimeSpan.FromHours(1);

    /// <summary>How many are remembered.</summary>
    public const int MostRemembered = 10_000;

    private readonly Lock _lock = new();
    private readonly HashSet<TKey> _known = [];
    private readonly Queue<(TKey Key, long At)> _told = new();

    /// <summary>True: it was not told within the hour, and counts as told now.</summary>
    public bool IsNews(TKey key)
    {
        lock (_lock)
        {
            while (_told.TryPeek(out var oldest) && (_told.Count >= MostRemembered || time.GetElapsedTime(oldest.At) >= ToldAgainAfter))
            {
                _told.Dequeue();
                _known.Remove(oldest.Key);
            }

            if (!_known.Add(key))
            {
                return false;
            }

            _told.Enqueue((key, time.GetTimestamp()));
            return true;
        }
    }
}
