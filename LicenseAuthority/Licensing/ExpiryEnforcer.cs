namespace LicenseAuthority.Licensing;

/// <summary>
/// Records what the clock has decided: licenses that froze or were released since somebody last looked at them. Nobody asks it whether a license is
/// valid; it writes the events that others wait for, and keeps stored states exact. Reading and deciding go on beside the store's writer, one batch ahead.
/// </summary>
internal sealed partial class ExpiryEnforcer(IDueLicenses dueLicenses, TimeProvider time, ILogger<ExpiryEnforcer> logger)
{
    /// <summary>
    /// Settles all licenses that are due now, in small batches; returns how many. Can be stopped and begun again at any time: what is settled is no longer due.
    /// Throws <see cref="StoreBusyException"/> when the store is busy with issuing.
    /// </summary>
    public async Task<int> SettleDueAsync(CancellationToken cancellationToken)
    {
        // Fixed once, so that a sweep ends even while licenses become due.
        var now = LicenseTime.CutToMillisecond(time.GetUtcNow());
        var settled = 0;
        var next = DecideAsync(now, null, cancellationToken);
        try
        {
            while (await next is { } batch)
            {
                next = DecideAsync(now, batch.End, cancellationToken);
                foreach (var licenseId in batch.PassedBy)
                {
                    LogPassedBy(licenseId);
                }

                while (await batch.Settled.StoreSomeAsync(cancellationToken) is { } some)
                {
                    settled += some;
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            // A write has failed, or nobody wants the rest: the reading ahead must not outlive the sweep.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return settled;
    }

    // On a thread of its own, as a store may hold the thread that asks. Null when nothing more is due.
    private Task<Batch?> DecideAsync(DateTimeOffset now, DuePosition? after, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            if (await dueLicenses.FindDueAsync(now, after, cancellationToken) is not { } due)
            {
                return null;
            }

            var commits = new List<LicenseCommit>(due.Licenses.Count);
            var passedBy = new List<string>();
            foreach (var license in due.Licenses)
            {
                var decision = LicenseLifecycle.Settle(license, now);
                if (decision.Events.Count == 0)
                {
                    // Due, and yet nothing to decide: a row that was changed by hand. It must not hold up the others.
                    passedBy.Add(license.Id);
                }
                else
                {
                    commits.Add(new LicenseCommit { Before = license, After = decision.After, Events = decision.Events });
                }
            }

            return new Batch(dueLicenses.Prepare(commits), passedBy, due.End);
        },
        cancellationToken);

    [LoggerMessage(LogLevel.Error, "License {LicenseId} is due but has nothing to settle: its row was changed by hand. Answers about it are right, its stored state may not be.")]
    private partial void LogPassedBy(string licenseId);

    private sealed record Batch(ISettledBatch Settled, IReadOnlyList<string> PassedBy, DuePosition End);
}
