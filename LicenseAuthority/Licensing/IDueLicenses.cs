namespace LicenseAuthority.Licensing;

/// <summary>The licenses whose next change by the clock has come.</summary>
internal interface IDueLicenses
{
    /// <summary>
    /// Settles the next few licenses that are due at <paramref name="now"/>, in one transaction that holds up issuing for no more than a few milliseconds.
    /// Returns how many, and where to go on; null when none is left.
    /// </summary>
    Task<(int Settled, DueCursor? Next)> SettleBatchAsync(DateTimeOffset now, DueCursor after, CancellationToken cancellationToken);

    /// <summary>When the license that is due first is due, past or future; null when the clock has nothing to decide on any license.</summary>
    ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken);
}
