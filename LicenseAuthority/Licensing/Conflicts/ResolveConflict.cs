namespace LicenseAuthority.Licensing.Conflicts;

/// <summary>
/// An operator decides a conflict: the license changes and the conflict is closed in one transaction, so it is decided once.
/// docs/license-lifecycle.md says what applying does for each kind.
/// </summary>
/// <param name="ConflictId">The conflict.</param>
/// <param name="Status">Applied or dismissed.</param>
/// <param name="Actor">Who decides.</param>
/// <param name="Reason">Why, or null.</param>
internal sealed record ResolveConflict(string ConflictId, ConflictStatus Status, string Actor, string? Reason)
{
    /// <summary>What the event says that comes of it.</summary>
    public string Remark => $"conflict {ConflictId} {Status.ToWord()}" + (Reason is null ? "" : $": {Reason}");

    /// <summary>What the decision asks of the license.</summary>
    public LicenseCommand CommandOn(OpenConflict conflict)
    {
        var activity = Status == ConflictStatus.Applied ? "applyConflict" : "dismissConflict";
        var source = new CallSource(Actor, activity, conflict.Source.OrderId, conflict.Source.OrderLineId);
        return Status == ConflictStatus.Applied
            ? new LicenseCommand.ApplyConflict(source, conflict.Kind, conflict.Proposal, Remark)
            : new LicenseCommand.DismissConflict(source, Remark);
    }

    public ConflictResolution ResolvedAt(DateTimeOffset at) => new(ConflictId, Status, Actor, at, Reason);
}

/// <summary>What an operator decided on a conflict; stored only while it is open.</summary>
/// <param name="ConflictId">The conflict.</param>
/// <param name="Status">Applied or dismissed.</param>
/// <param name="Actor">Who decided.</param>
/// <param name="At">When.</param>
/// <param name="Remark">Why, or null. The events of a license have it too, but not every conflict has a license.</param>
internal sealed record ConflictResolution(string ConflictId, ConflictStatus Status, string Actor, DateTimeOffset At, string? Remark);
