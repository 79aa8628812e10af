namespace LicenseAuthority.StatusLists;

/// <summary>The rows that lists are made from. Every method throws <see cref="StoreBusyException"/> when the store cannot answer. Thread-safe.</summary>
internal interface IStatusRows
{
    /// <summary>Whether a lower event may become visible after a higher one, as where several write at once.</summary>
    bool HasLateEvents { get; }

    /// <summary>The number of the newest event; 0 = there is none.</summary>
    ValueTask<long> FindNewestEventAsync(CancellationToken cancellationToken);

    /// <summary>The numbers of the next events after one, in order, at most so many; where there are no late events only the last of them.</summary>
    ValueTask<IReadOnlyList<long>> ListEventsAsync(long after, int most, CancellationToken cancellationToken);

    /// <summary>
    /// The licenses with events in (<paramref name="after"/>, <paramref name="upTo"/>], as they are now; without those that were issued active and never changed since, whose
    /// entries are what they were at the beginning.
    /// </summary>
    ValueTask<IReadOnlyList<LicenseEntries>> ListChangedAsync(long after, long upTo, CancellationToken cancellationToken);

    /// <summary>The licenses that come after this id, at most so many, and the last of them; null = there are no more.</summary>
    /// <param name="afterLicense">An id, or empty.</param>
    /// <param name="most">How many.</param>
    /// <param name="withAllTexts">Also the texts of codes that grant what the license does.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    ValueTask<StatusPage?> ListPageAsync(string afterLicense, int most, bool withAllTexts, CancellationToken cancellationToken);
}

/// <summary>Some licenses in the order of their ids.</summary>
internal sealed record StatusPage(IReadOnlyList<LicenseEntries> Licenses, string LastLicense);
