namespace LicenseAuthority.StatusLists;

/// <summary>A list as the publisher has it in memory. Not thread-safe.</summary>
internal sealed class StatusListState
{
    private readonly Dictionary<string, StatusListToken?> _tokens = new(StringComparer.Ordinal);
    private readonly HashSet<string> _toBeSigned = new(StringComparer.Ordinal);
    private readonly HashSet<string> _damaged = new(StringComparer.Ordinal);

    /// <summary>The entries as the rows say.</summary>
    public StatusEntries Entries { get; } = StatusEntries.Empty();

    /// <summary>The entries as they were published last, by whichever node.</summary>
    public StatusEntries Published { get; private set; } = StatusEntries.Empty();

    /// <summary>The newest token under each URI; null = none yet.</summary>
    public IReadOnlyDictionary<string, StatusListToken?> Tokens => _tokens;

    /// <summary>Whether the rows say something else than what was published.</summary>
    public bool IsChanged => !Entries.Equals(Published);

    /// <summary>When it was published last, by whichever node, by the monotonic clock; null = not since the start.</summary>
    public long? PublishedAt { get; private set; }

    /// <summary>True while its entries are read anew from the rows, since its token could not be: nothing is signed or served of it.</summary>
    public bool IsRebuilt { get; private set; }

    /// <summary>There is this URI.</summary>
    public void Name(string uri) => _tokens.TryAdd(uri, null);

    /// <summary>This node has published a token with these entries.</summary>
    public void Publish(StatusListToken token, StatusEntries entries, long timestamp)
    {
        _tokens[token.Uri] = token;
        Published = entries;
        PublishedAt = timestamp;
        _toBeSigned.Remove(token.Uri);
        _damaged.Remove(token.Uri);
    }

    /// <summary>Whether the token under this URI is to be replaced, whatever it says.</summary>
    public bool IsToBeSignedAnew(string uri) => _toBeSigned.Contains(uri);

    /// <summary>The stored token under this URI is not fit.</summary>
    public void SignAnew(string uri) => _toBeSigned.Add(uri);

    /// <summary>Whether the token of this sequence under this URI could not be read, and none has taken its place.</summary>
    public bool IsDamaged(string uri, long sequence) => _damaged.Contains(uri) && _tokens[uri]?.Sequence == sequence;

    /// <summary>The stored token cannot be read. Its sequence counts; its entries come from the rows, all of which are to be read now.</summary>
    public void TakeOverDamaged(StatusListToken token)
    {
        _tokens[token.Uri] = token;
        _toBeSigned.Add(token.Uri);
        _damaged.Add(token.Uri);
        IsRebuilt = true;
    }

    /// <summary>All rows were read.</summary>
    public void Rebuilt() => IsRebuilt = false;

    /// <summary>Another node has published a token, or this one before its start: then <paramref name="timestamp"/> is null.</summary>
    public void TakeOver(StatusListToken token, StatusEntries entries, long? timestamp)
    {
        _tokens[token.Uri] = token;
        _damaged.Remove(token.Uri);
        Entries.TakeOver(entries, Published);
        Published = entries;
        PublishedAt = timestamp ?? PublishedAt;
    }
}
