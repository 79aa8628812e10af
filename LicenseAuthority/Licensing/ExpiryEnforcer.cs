namespace LicenseAuthority.Licensing;

/// <summary>
/// Records what the clock has decided: licenses that froze or were released since somebody last looked at them. Nobody asks it whether a license is
/// valid; it writes the events that others wait for, and keeps stored states exact.
/// </summary>
internal sealed class ExpiryEnforcer(IDueLicenses dueLicenses, TimeProvider time)
{
    /// <summary>
    /// Settles all licenses that are due now, in small batches; returns how many. Can be stopped and begun again at any time. Throws
    /// <see cref="StoreBusyException"/> when the store is busy with issuing.
    /// </summary>
    public async Task<int> SettleDueAsync(CancellationToken cancellationToken)
    {
        // Fixed once, so that a sweep ends even while licenses become due.
        var now = time.GetUtcNow();
        var settled = 0;
        await foreach (var some in dueLicenses.SettleAsync(now, cancellationToken))
        {
            settled += some;
            cancellationToken.ThrowIfCancellationRequested();
        }

        return settled;
    }
}
