namespace LicenseAuthority.Licensing;

/// <summary>
/// Has an operator's decision on a conflict done: the license changes and the conflict is closed in one transaction, so it is decided once.
/// docs/license-lifecycle.md says what applying does for each kind.
/// </summary>
internal sealed class ConflictResolver(ILicenseStore store, ILicenseSigner signer, TimeProvider time)
{
    /// <summary>Applies or dismisses. Throws <see cref="StoreBusyException"/> or <see cref="SigningException"/>; then nothing was stored.</summary>
    /// <param name="conflictId">The conflict.</param>
    /// <param name="status">Applied or dismissed.</param>
    /// <param name="actor">Who decides.</param>
    /// <param name="reason">Why, or null.</param>
    /// <param name="cancellationToken">Gives up while nothing is stored.</param>
    public async Task<ResolveResult> ResolveAsync(
        string conflictId, ConflictStatus status, string actor, string? reason, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < LicenseIssuer.MaximumTries; attempt++)
        {
            if (await store.FindConflictAsync(conflictId, cancellationToken) is not { } record)
            {
                return new ResolveResult(null, null);
            }

            if (record.Status != ConflictStatus.Open)
            {
                return new ResolveResult(record, $"The conflict was {record.Status.ToWord()} before, by {record.ResolvedBy}.");
            }

            var license = await store.FindLicenseAsync(record.Conflict.LicenseId, cancellationToken)
                ?? throw new InvalidOperationException($"Conflict {conflictId} is about a license that is not there.");
            var call = CallOf(record.Conflict, status, actor, reason);
            var decision = LicenseLifecycle.Decide(license, call, time.GetUtcNow());
            if (decision.Outcome == CallOutcome.Refused)
            {
                return new ResolveResult(record, decision.Reason);
            }

            var at = decision.After.LastEventAt;
            var change = new LicenseChange
            {
                Before = license,
                After = decision.After,
                Events = decision.Events,
                Code = decision.NeedsCode ? await signer.SignAsync(decision.After, cancellationToken) : null,
                Outcome = decision.Outcome,
                Resolution = new ConflictResolution(conflictId, status, actor, at),
                GoodUntil = decision.GoodUntil,
            };
            if (await store.StoreAsync(change, cancellationToken) == StoreOutcome.Stored)
            {
                return new ResolveResult(record with { Status = status, ResolvedBy = actor, ResolvedAt = at }, null);
            }
        }

        throw new StoreBusyException("The license is being changed by many calls at once; repeat the call.");
    }

    private static LicenseCall CallOf(OpenConflict conflict, ConflictStatus status, string actor, string? reason)
    {
        var remark = $"conflict {conflict.Id} {status.ToWord()}" + (reason is null ? "" : $": {reason}");
        return status == ConflictStatus.Applied
            ? new LicenseCall.ApplyConflict(
                new CallSource(actor, "applyConflict", conflict.Source.OrderId, conflict.Source.OrderLineId), conflict.Proposal, remark)
            : new LicenseCall.DismissConflict(
                new CallSource(actor, "dismissConflict", conflict.Source.OrderId, conflict.Source.OrderLineId), remark);
    }
}
