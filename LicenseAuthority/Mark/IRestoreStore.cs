using LicenseAuthority.Storage;

namespace LicenseAuthority.Mark;

/// <summary>What the database says of itself, to be compared with the mark, and where a restore is recorded. Thread-safe.</summary>
internal interface IRestoreStore
{
    /// <summary>How far the database has come, in one state of it.</summary>
    /// <param name="eventNumber">The event that the mark remembers, or null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    ValueTask<AuthorityFigures> ReadAsync(long? eventNumber, CancellationToken cancellationToken);

    /// <summary>Remembers that there is a mark beside the keys, if it was not known.</summary>
    Task RememberMarkAsync();

    /// <summary>
    /// Records a restore with its entry for the operator, unless another node has recorded it since <paramref name="seen"/> was read; answers what the database
    /// says then.
    /// </summary>
    /// <param name="seen">What was compared with the mark.</param>
    /// <param name="restoreId">The restore.</param>
    /// <param name="restoredAfter">Codes issued from then on may be unknown; null: any.</param>
    /// <param name="reason">For the operator.</param>
    Task<AuthorityRecord> RecordAsync(AuthorityRecord seen, string restoreId, DateTimeOffset? restoredAfter, string reason);

    /// <summary>Marks the codes as INVALID for good that have an entry in this list for which <paramref name="isInvalid"/> says so.</summary>
    Task InvalidateAsync(long list, Func<int, bool> isInvalid, CancellationToken cancellationToken);

    /// <summary>Keeps an entry for a license of which a code was shown that the database does not know: one for each, at most so many in all.</summary>
    Task KeepMissingAsync(string licenseId, string reason, int most);

    /// <summary>Whether the entry of a restore waits for an operator.</summary>
    ValueTask<bool> HasOpenAsync(CancellationToken cancellationToken);
}

/// <summary>How far a database has come.</summary>
/// <param name="Authority">Who it is.</param>
/// <param name="NewestEvent">Its newest event, or null.</param>
/// <param name="EventOfMark">The time of the event with the number that the mark remembers; null: there is none.</param>
/// <param name="Drawn">How many positions of each list were handed out.</param>
/// <param name="Published">The sequence of the newest token under each URI.</param>
internal sealed record AuthorityFigures(
    AuthorityRecord Authority,
    MarkedEvent? NewestEvent,
    DateTimeOffset? EventOfMark,
    IReadOnlyDictionary<long, int> Drawn,
    IReadOnlyDictionary<string, long> Published);
