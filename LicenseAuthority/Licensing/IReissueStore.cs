namespace LicenseAuthority.Licensing;

/// <summary>
/// The codes that a revoked key has signed, and how far they are replaced. Only codes that count: the newest of each binding of a license that is Active or
/// Frozen, of a device as long as it has its place. Found by walking through all codes, so that no order pays for an index; a walk can be cut short anywhere.
/// </summary>
internal interface IReissueStore
{
    /// <summary>How many codes are best made at once now: many share a COMMIT while nobody else writes, few leave room for orders.</summary>
    int AtOnce { get; }

    /// <summary>How far it is, by whichever process; null when no key was ever revoked.</summary>
    ValueTask<ReissueProgress?> FindProgressAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Gives the work to a process until an instant, and says where it stands; null when another process has it, when it has ended, or when it is about a
    /// higher serial by now. A higher serial than before begins it anew.
    /// </summary>
    Task<ReissueProgress?> TryHoldAsync(ReissueHold hold, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Begins anew what has ended, with a count: a code was found all the same. Does nothing where it goes on, or is about another serial.</summary>
    Task BeginAgainAsync(long minimumSerial, CancellationToken cancellationToken);

    /// <summary>Stores how far it is, and holds the work on; false when it is another's by now, and then nothing was stored.</summary>
    Task<bool> SaveAsync(ReissueHold hold, ReissueProgress progress, CancellationToken cancellationToken);

    /// <summary>Looks at a part of the codes behind a position and counts those to be replaced; null when there are no more codes.</summary>
    ValueTask<ReissueCount?> CountAsync(long minimumSerial, long after, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Looks at a smaller part, and returns the codes to be replaced; null when there are no more codes.</summary>
    ValueTask<ReissueBatch?> FindAsync(long minimumSerial, long after, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>Who replaces codes, and until when nobody else does.</summary>
/// <param name="Holder">The process, by a name that no other one has.</param>
/// <param name="MinimumSerial">Codes by certificates below it are replaced.</param>
/// <param name="Until">Until then; a process that was killed is waited for so long.</param>
internal readonly record struct ReissueHold(string Holder, long MinimumSerial, DateTimeOffset Until);

/// <summary>How far the codes that a revoked key has signed are replaced.</summary>
/// <param name="MinimumSerial">Codes by certificates below it are replaced.</param>
/// <param name="Position">Up to here the codes were looked at; 0 = a walk begins, with a count.</param>
/// <param name="Remaining">How many are to be replaced, as far as is known; null = not counted yet.</param>
/// <param name="EndedAt">When none was left; null = under way.</param>
internal sealed record ReissueProgress(long MinimumSerial, long Position, long? Remaining, DateTimeOffset? EndedAt);

/// <summary>A part of the codes.</summary>
/// <param name="End">Its last position.</param>
/// <param name="Found">How many in it are to be replaced.</param>
internal sealed record ReissueCount(long End, long Found);

/// <summary>A part of the codes.</summary>
/// <param name="End">Its last position.</param>
/// <param name="Codes">The codes in it that are to be replaced.</param>
internal sealed record ReissueBatch(long End, IReadOnlyList<ReissuedCode> Codes);

/// <summary>A code that is to be replaced.</summary>
/// <param name="LicenseId">Its license.</param>
/// <param name="Activation">The device's place that it is bound to; null = it is bound to no device.</param>
/// <param name="Generation">Its number.</param>
internal sealed record ReissuedCode(string LicenseId, string? Activation, int Generation);
