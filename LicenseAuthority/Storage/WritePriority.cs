namespace LicenseAuthority.Storage;

/// <summary>Who goes first when several writes wait.</summary>
internal enum WritePriority
{
    /// <summary>Somebody waits for the answer: issuing, renewing, revoking.</summary>
    Normal,

    /// <summary>
    /// Sweeps. Taken when nothing normal waits, and now and then all the same, so that a busy authority still settles. One such work
    /// should take at most 5 ms, because a normal one may have to wait for it.
    /// </summary>
    Low,
}
