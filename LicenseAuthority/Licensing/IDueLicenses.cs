namespace LicenseAuthority.Licensing;

/// <summary>The licenses whose next change by the clock has come.</summary>
internal interface IDueLicenses
{
    /// <summary>
    /// Settles the licenses that are due at <paramref name="now"/>, in transactions that hold up issuing for no more than a few milliseconds each;
    /// yields after each how many it settled. Can be stopped and begun again at any time: what is settled is no longer due.
    /// </summary>
    IAsyncEnumerable<int> SettleAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>When the license that is due first is due, past or future; null when the clock has nothing to decide on any license.</summary>
    ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken);
}
