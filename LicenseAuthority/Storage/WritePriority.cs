namespace LicenseAuthority.Storage;

/// <summary>Who goes first when several writes wait.</summary>
internal enum WritePriority
{
    /// <summary>Somebody waits for the answer: issuing, renewing, revoking.</summary>
    Normal,

    /// <summary>
    /// Sweeps and the outbox. On SQLite taken when nothing normal waits, and now and then all the same, so that a busy authority still settles;
    /// with pauses while somebody else writes. One such work should take about 1 ms and never more than 5, because a normal one may have to wait for it.
    /// </summary>
    Low,
}
