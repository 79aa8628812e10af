using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Licensing;

/// <summary>The words for states, events and the like, the same in the store, in answers, in filters and in the docs. They never change.</summary>
internal static class LicenseWords
{
    public static readonly Words<LicenseEventType> EventTypes = new(
        (LicenseEventType.Issued, "license.issued"),
        (LicenseEventType.Renewed, "license.renewed"),
        (LicenseEventType.Frozen, "license.frozen"),
        (LicenseEventType.Unfrozen, "license.unfrozen"),
        (LicenseEventType.Released, "license.released"),
        (LicenseEventType.Revoked, "license.revoked"),
        (LicenseEventType.Changed, "license.changed"),
        (LicenseEventType.Conflict, "call.conflict"),
        (LicenseEventType.Noted, "call.noted"),
        (LicenseEventType.Unserved, "order.unserved"),
        (LicenseEventType.Reissued, "license.reissued"),
        (LicenseEventType.Restored, "license.restored"),
        (LicenseEventType.Activated, "license.activated"),
        (LicenseEventType.Deactivated, "license.deactivated"),
        (LicenseEventType.CodeRenewed, "code.renewed"));

    public static readonly Words<LicenseState> States = new(
        (LicenseState.Active, "Active"),
        (LicenseState.Frozen, "Frozen"),
        (LicenseState.Released, "Released"),
        (LicenseState.Revoked, "Revoked"));

    public static readonly Words<ReleasedBy> Releasers = new(
        (ReleasedBy.Clock, "clock"),
        (ReleasedBy.Marketplace, "marketplace"),
        (ReleasedBy.Admin, "admin"));

    /// <summary>Only the outcomes that are remembered: the others store nothing.</summary>
    public static readonly Words<CommandOutcome> Answers = new(
        (CommandOutcome.Applied, "Applied"),
        (CommandOutcome.Noted, "Noted"),
        (CommandOutcome.Conflict, "Conflict"),
        (CommandOutcome.Unserved, "Unserved"));

    public static readonly Words<ConflictKind> ConflictKinds = new(
        (ConflictKind.Conflict, "conflict"),
        (ConflictKind.Unserved, "unserved"),
        (ConflictKind.Restored, "restored"));

    public static readonly Words<ConflictStatus> ConflictStatuses = new(
        (ConflictStatus.Open, "open"),
        (ConflictStatus.Applied, "applied"),
        (ConflictStatus.Dismissed, "dismissed"),
        (ConflictStatus.Served, "served"));

    public static readonly Words<PendingOrderEnd> PendingOrderEnds = new(
        (PendingOrderEnd.Served, "served"),
        (PendingOrderEnd.Released, "released"),
        (PendingOrderEnd.Unsubscribed, "unsubscribed"));

    public static string ToWord(this LicenseEventType type) => EventTypes.WordOf(type);

    public static string ToWord(this LicenseState state) => States.WordOf(state);

    public static string ToWord(this ReleasedBy by) => Releasers.WordOf(by);

    public static string ToWord(this ConflictKind kind) => ConflictKinds.WordOf(kind);

    public static string ToWord(this ConflictStatus status) => ConflictStatuses.WordOf(status);
}
