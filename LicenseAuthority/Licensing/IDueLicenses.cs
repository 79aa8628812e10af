namespace LicenseAuthority.Licensing;

/// <summary>The licenses whose next change by the clock has come, and where what was decided on them is stored.</summary>
internal interface IDueLicenses
{
    /// <summary>
    /// The next of the licenses that are due at <paramref name="now"/>, as many as fit well into a batch; null when there are no more. Also one that cannot be
    /// settled is met only once in a sweep.
    /// </summary>
    /// <param name="now">The instant of the sweep.</param>
    /// <param name="after">The end of the batch before; null = from the beginning.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<DueBatch?> FindDueAsync(DateTimeOffset now, DuePosition? after, CancellationToken cancellationToken);

    /// <summary>Makes ready what can be made ready outside a transaction.</summary>
    ISettledBatch Prepare(IReadOnlyList<LicenseCommit> commits);

    /// <summary>When the license that is due first is due, past or future; null when the clock has nothing to decide on any license.</summary>
    ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken);
}

/// <summary>Due licenses, read together.</summary>
/// <param name="Licenses">At least one.</param>
/// <param name="End">Where the next batch begins.</param>
internal sealed record DueBatch(IReadOnlyList<License> Licenses, DuePosition End);

/// <summary>How far a sweep has come.</summary>
/// <param name="DueAt">As the store counts.</param>
/// <param name="LicenseId">The license that was read last.</param>
internal sealed record DuePosition(long DueAt, string LicenseId);

/// <summary>What was decided on a batch of due licenses, ready to be stored.</summary>
internal interface ISettledBatch
{
    /// <summary>
    /// Stores some of what is left, in a transaction that holds up issuing for no more than a few milliseconds; returns how many it stored, or null when
    /// nothing was left. A license that a call has changed meanwhile is left alone. <see cref="CommitListeners"/> know when this returns.
    /// </summary>
    Task<int?> StoreSomeAsync(CancellationToken cancellationToken);
}
