namespace LicenseAuthority.Client.Signatures;

/// <summary>
/// Remembers a bounded number of good things by their text. Neither looking up nor adding waits for anybody: each text has four places, a
/// new one takes an empty place or pushes out one of the four. Forgetting costs a verification and changes no answer. Thread-safe.
/// </summary>
internal sealed class BoundedCache<TValue>
    where TValue : class
{
    private const int PlacesPerText = 4;

    private readonly Entry?[] _entries;
    private readonly int _sets;
    private int _turn;

    /// <summary>Creates a cache of four times <paramref name="sets"/> places.</summary>
    public BoundedCache(int sets)
    {
        _sets = sets;
        _entries = new Entry?[sets * PlacesPerText];
    }

    /// <summary>The value that was added under this very text, or null.</summary>
    public TValue? Find(string text)
    {
        var first = FirstPlace(text);
        for (var i = first; i < first + PlacesPerText; i++)
        {
            if (Volatile.Read(ref _entries[i]) is { } entry && string.Equals(entry.Text, text, StringComparison.Ordinal))
            {
                return entry.Value;
            }
        }

        return null;
    }

    /// <summary>Adds a value; of two added at once under texts that share places, one may be forgotten.</summary>
    public void Add(string text, TValue value)
    {
        var first = FirstPlace(text);
        var place = first + (Interlocked.Increment(ref _turn) & (PlacesPerText - 1));
        for (var i = first; i < first + PlacesPerText; i++)
        {
            if (Volatile.Read(ref _entries[i]) is null)
            {
                place = i;
                break;
            }
        }

        Volatile.Write(ref _entries[place], new Entry(text, value));
    }

    // Both kinds of texts end in a signature, so a few characters from the end spread well; hashing all of a code would cost more than
    // comparing it. Someone who makes texts collide gains nothing: only good ones get in, and a full set just forgets.
    private int FirstPlace(string text)
    {
        var hash = (uint)text.Length;
        for (var i = Math.Max(0, text.Length - 24); i < text.Length; i++)
        {
            hash = (hash * 31) + text[i];
        }

        hash = (hash ^ (hash >> 15)) * 0x9E3779B1;
        return (int)((hash >> 8) % (uint)_sets) * PlacesPerText;
    }

    private sealed class Entry(string text, TValue value)
    {
        public string Text { get; } = text;

        public TValue Value { get; } = value;
    }
}
