namespace LicenseAuthority.StatusLists;

/// <summary>
/// Hears of what the store has durably, after the COMMIT and before anybody can see it: whoever must know, outside the database, how far it had come. What it throws
/// stops what was to follow, and is tried again. Thread-safe.
/// </summary>
internal interface IStatusListMark
{
    /// <summary>So many positions of the list are handed out now; the last of them have not been used yet.</summary>
    Task DrawnAsync(long list, int drawn, CancellationToken cancellationToken);

    /// <summary>This is the newest token of its list now; this node has not served it yet. Told by every node, also of what another one has published.</summary>
    Task PublishedAsync(StatusListToken token, CancellationToken cancellationToken);

    /// <summary>The token of this URI that was told last, as it was kept outside the database; null = none, or it is damaged.</summary>
    StatusListToken? FindPublished(string uri);
}
