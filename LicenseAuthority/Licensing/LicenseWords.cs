namespace LicenseAuthority.Licensing;

/// <summary>The words for states, events and the like, the same in the store, in answers, in filters and in the docs. They never change.</summary>
internal static class LicenseWords
{
    /// <summary>Word of an event type.</summary>
    public static string ToWord(this LicenseEventType type) => type switch
    {
        LicenseEventType.Issued => "license.issued",
        LicenseEventType.Renewed => "license.renewed",
        LicenseEventType.Frozen => "license.frozen",
        LicenseEventType.Unfrozen => "license.unfrozen",
        LicenseEventType.Released => "license.released",
        LicenseEventType.Revoked => "license.revoked",
        LicenseEventType.Changed => "license.changed",
        LicenseEventType.Conflict => "call.conflict",
        LicenseEventType.Noted => "call.noted",
        LicenseEventType.Unserved => "order.unserved",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "An unknown type of event."),
    };

    /// <summary>Word of a state.</summary>
    public static string ToWord(this LicenseState state) => state switch
    {
        LicenseState.Active => "Active",
        LicenseState.Frozen => "Frozen",
        LicenseState.Released => "Released",
        LicenseState.Revoked => "Revoked",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "An unknown state."),
    };

    /// <summary>Word of who released.</summary>
    public static string ToWord(this ReleasedBy by) => by switch
    {
        ReleasedBy.Clock => "clock",
        ReleasedBy.Marketplace => "marketplace",
        ReleasedBy.Admin => "admin",
        _ => throw new ArgumentOutOfRangeException(nameof(by), by, "Released by somebody unknown."),
    };

    /// <summary>Word of a scene, the marketplace's own where it has one.</summary>
    public static string ToWord(this RenewalScene scene) => scene switch
    {
        RenewalScene.Unstated => "REFRESH",
        RenewalScene.Renewal => "RENEWAL",
        RenewalScene.RenewalChange => "RENEWAL_CHANGE",
        RenewalScene.UnsubscribeRenewalPeriod => "UNSUBSCRIBE_RENEWAL_PERIOD",
        RenewalScene.TrialToFormal => "TRIAL_TO_FORMAL",
        _ => throw new ArgumentOutOfRangeException(nameof(scene), scene, "An unknown scene."),
    };

    /// <summary>The scene of the order that a license was bought with.</summary>
    public const string PurchaseScene = "NEW";

    public static readonly Words<ConflictKind> ConflictKinds = new(
        (ConflictKind.Conflict, "conflict"),
        (ConflictKind.Unserved, "unserved"));

    public static readonly Words<ConflictStatus> ConflictStatuses = new(
        (ConflictStatus.Open, "open"),
        (ConflictStatus.Applied, "applied"),
        (ConflictStatus.Dismissed, "dismissed"));

    /// <summary>Word of a conflict's kind.</summary>
    public static string ToWord(this ConflictKind kind) => ConflictKinds.WordOf(kind);

    /// <summary>Word of a conflict's status.</summary>
    public static string ToWord(this ConflictStatus status) => ConflictStatuses.WordOf(status);
}
