namespace LicenseAuthority.Licensing.Conflicts;

/// <summary>A call that was not applied, for an operator to decide.</summary>
/// <param name="Id"><c>cft_</c> + ULID.</param>
/// <param name="LicenseId">The license; null where an order was refused that none was issued for.</param>
/// <param name="Kind">Answered with success, or refused though paid for.</param>
/// <param name="At">When it came.</param>
/// <param name="Source">The call.</param>
/// <param name="Reason">Why it was not applied.</param>
/// <param name="Proposal">What applying it would do.</param>
internal sealed record OpenConflict(
    string Id, string? LicenseId, ConflictKind Kind, DateTimeOffset At, CallSource Source, string Reason, ConflictProposal Proposal)
{
    /// <summary>The order, where there is no license that would know it.</summary>
    public OrderFacts? Order { get; init; }

    /// <summary>
    /// The instance id that the marketplace has: the license's, also of one that was never issued, where the id was allotted before; null = it has none.
    /// </summary>
    public string? InstanceId { get; init; } = LicenseId;

    /// <summary>The license of which a code was shown that a restored store does not know. <see cref="ConflictKind.Restored"/> only; null: it is about all.</summary>
    public string? MissingLicenseId { get; init; }
}

/// <summary>Why an operator has to decide.</summary>
internal enum ConflictKind
{
    /// <summary>Answered with success, not applied: it would have taken away what was paid for.</summary>
    Conflict = 0,

    /// <summary>Paid for, and refused: the license is over for good, or none could be issued.</summary>
    Unserved = 1,

    /// <summary>The store was put in the place of a newer one: what came after it is lost, and an operator has to see to it.</summary>
    Restored = 2,
}

/// <summary>What the call asked for, so that an operator can still have it.</summary>
/// <param name="Expire">It said that the term is over.</param>
/// <param name="ExpiresAt">The expiry that it asked for, or null.</param>
/// <param name="Quantity">The quantity that it asked for, or null.</param>
internal sealed record ConflictProposal(bool Expire, DateTimeOffset? ExpiresAt, int? Quantity)
{
    /// <summary>A trial becomes formal.</summary>
    public bool Formalise { get; init; }
}

/// <summary>A stored conflict.</summary>
/// <param name="Conflict">What it is about.</param>
/// <param name="Status">Whether it was decided.</param>
/// <param name="ResolvedBy">Who decided; null while it is open.</param>
/// <param name="ResolvedAt">When; null while it is open.</param>
/// <param name="Remark">Why it was decided so, or null.</param>
internal sealed record ConflictRecord(
    OpenConflict Conflict, ConflictStatus Status, string? ResolvedBy, DateTimeOffset? ResolvedAt, string? Remark = null)
{
    /// <summary>As it is once this is stored.</summary>
    public ConflictRecord After(ConflictResolution resolution) =>
        this with { Status = resolution.Status, ResolvedBy = resolution.Actor, ResolvedAt = resolution.At, Remark = resolution.Remark };
}

/// <summary>Whether an operator has decided a conflict.</summary>
internal enum ConflictStatus
{
    /// <summary>Waits for an operator.</summary>
    Open = 0,

    /// <summary>An operator had it applied.</summary>
    Applied = 1,

    /// <summary>An operator left it as it is.</summary>
    Dismissed = 2,

    /// <summary>The order was served after all, by a later call; nobody had to decide.</summary>
    Served = 3,
}
