namespace LicenseAuthority.Storage;

/// <summary>Who goes first when several writes wait.</summary>
internal enum WritePriority
{
    /// <summary>Somebody waits for the answer: issuing, renewing, revoking.</summary>
    Normal,

    /// <summary>
    /// The service's own, rare and short, that somebody may come to wait for, such as the next block of entries of a status list. Goes with the normal ones; but low
    /// writes make no room for it, or a reissue, which draws blocks all the time, would make room for itself.
    /// </summary>
    Upkeep,

    /// <summary>
    /// Sweeps and the outbox. With pauses while somebody else writes; on SQLite taken when nothing normal waits, and now and then all the same, so that a
    /// busy authority still settles. One such work should take about 1 ms and never more than 5, because a normal one may have to wait for it.
    /// </summary>
    Low,
}
