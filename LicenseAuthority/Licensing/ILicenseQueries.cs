namespace LicenseAuthority.Licensing;

/// <summary>What operators look up. Decides nothing, so it may see a license a moment after or before another call's change.</summary>
internal interface ILicenseQueries
{
    /// <summary>A license with its newest code and its orders, or null.</summary>
    ValueTask<LicenseRecord?> FindAsync(string licenseId, CancellationToken cancellationToken);

    /// <summary>The code with this number, and the license that it was issued for with its newest code; null when there is none.</summary>
    ValueTask<IssuedCode?> FindByCodeAsync(string licenseId, int generation, CancellationToken cancellationToken);

    /// <summary>Licenses that match, the newest first, from the cursor on.</summary>
    ValueTask<IReadOnlyList<LicenseRecord>> ListAsync(LicenseFilter filter, LicenseCursor cursor, int limit, CancellationToken cancellationToken);

    /// <summary>The events of a license, the oldest first, after the one with this number; null when there is no such license.</summary>
    ValueTask<IReadOnlyList<EventRecord>?> ListEventsAsync(string licenseId, long afterEvent, int limit, CancellationToken cancellationToken);

    /// <summary>Conflicts that match, the newest first, from before the one with this id on (null = from the newest).</summary>
    ValueTask<IReadOnlyList<ConflictRecord>> ListConflictsAsync(
        ConflictKind? kind, ConflictStatus status, string? beforeId, int limit, CancellationToken cancellationToken);
}
