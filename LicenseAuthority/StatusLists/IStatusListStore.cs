namespace LicenseAuthority.StatusLists;

/// <summary>The status lists in the store. Every method throws <see cref="StoreBusyException"/> when the store cannot answer. Thread-safe.</summary>
internal interface IStatusListStore
{
    /// <summary>All lists, by their number.</summary>
    ValueTask<IReadOnlyList<StatusListRecord>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Every list under every URI. A list that is not here is older than the storing of URIs, and its codes have not been read yet.</summary>
    ValueTask<IReadOnlyList<StatusListHead>> ListHeadsAsync(CancellationToken cancellationToken);

    /// <summary>The newest token of a list under a URI; null: none was published yet.</summary>
    ValueTask<StatusListToken?> FindTokenAsync(long list, string uri, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a token in place of the one with the sequence <paramref name="expectedSequence"/>, under a lock on the list. False, and nothing stored: another node
    /// has published meanwhile.
    /// </summary>
    Task<bool> TryPublishAsync(StatusListToken token, long expectedSequence, CancellationToken cancellationToken);

    /// <summary>Opens a list with this number, from which new codes get their entries if it is the highest; does nothing when it is there.</summary>
    Task OpenAsync(long list, CancellationToken cancellationToken);

    /// <summary>Stores under which URIs older lists are named. What is there stays.</summary>
    Task AddUrisAsync(IReadOnlyCollection<StatusListHead> heads, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a token that the store has lost, and its list, into which no new code will go, unless the store has one as new; true if it did. What was 1 in
    /// it stays 1, and the next token has a higher sequence.
    /// </summary>
    Task<bool> TakeBackAsync(StatusListToken token, CancellationToken cancellationToken);
}
