namespace LicenseAuthority.Licensing;

/// <summary>Something that happened to a license; stored in the same transaction as what it changed, never altered.</summary>
/// <param name="At">When it happened; never before the license's previous event.</param>
/// <param name="Type">What happened.</param>
/// <param name="Source">The call behind it.</param>
/// <param name="Before">The license before, or null when it began with this event.</param>
/// <param name="After">The license after.</param>
/// <param name="Remark">The reason that an operator gave, or why a call was not applied; or null.</param>
internal sealed record LicenseEvent(
    DateTimeOffset At, LicenseEventType Type, CallSource Source, License? Before, License After, string? Remark = null)
{
    /// <summary>Whether the license got a new code with this event.</summary>
    public bool HasNewCode => After.Generation != (Before?.Generation ?? 0);
}

/// <summary>What can happen to a license.</summary>
internal enum LicenseEventType
{
    /// <summary><c>license.issued</c>: an order was served, or a test license began a new round.</summary>
    Issued = 0,

    /// <summary><c>license.renewed</c>: a new expiry, also by a refund of a renewal, or a trial became formal.</summary>
    Renewed = 1,

    /// <summary><c>license.frozen</c>: by the clock, the marketplace or an operator.</summary>
    Frozen = 2,

    /// <summary><c>license.unfrozen</c>: a hold was lifted.</summary>
    Unfrozen = 3,

    /// <summary><c>license.released</c></summary>
    Released = 4,

    /// <summary><c>license.revoked</c></summary>
    Revoked = 5,

    /// <summary><c>license.changed</c>: what was bought is another quantity, or an operator changed it.</summary>
    Changed = 6,

    /// <summary><c>call.conflict</c>: answered with success, not applied.</summary>
    Conflict = 7,

    /// <summary><c>call.noted</c>: answered with success, nothing to change.</summary>
    Noted = 8,

    /// <summary><c>order.unserved</c>: paid for, but the license is over for good.</summary>
    Unserved = 9,

    /// <summary><c>license.reissued</c>: a new code of the same facts, by an operator or since the key of the one before was revoked.</summary>
    Reissued = 10,

    /// <summary><c>license.restored</c>: an operator took it back from a release by a clock that was wrong.</summary>
    Restored = 11,

    /// <summary><c>license.activated</c>: a device took a place. The remark is the activation's id, as of the two that follow.</summary>
    Activated = 12,

    /// <summary><c>license.deactivated</c>: a device's place was given up, or another device took it after the end of its lease.</summary>
    Deactivated = 13,

    /// <summary><c>code.renewed</c>: a device got a new code for the place that it has.</summary>
    CodeRenewed = 14,
}

/// <summary>Where a call came from, kept with every event. Never holds a token, a signature or a key.</summary>
/// <param name="Actor">Who: <c>marketplace</c>, <c>admin:&lt;key id&gt;</c>, <c>licensee</c>, <c>clock</c> or <c>keys</c>.</param>
/// <param name="Activity">What was called, in the caller's words.</param>
/// <param name="OrderId">The marketplace's order id in this call, or null.</param>
/// <param name="OrderLineId">The marketplace's order line id in this call, or null.</param>
internal sealed record CallSource(string Actor, string Activity, string? OrderId = null, string? OrderLineId = null)
{
    /// <summary>The clock, through the scheduler or through the next call that settles.</summary>
    public static readonly CallSource Clock = new("clock", "EnforceExpiry");

    /// <summary>The actor of every marketplace call.</summary>
    public const string Marketplace = "marketplace";

    /// <summary>How the actor of an operator's call begins; the id of the key follows.</summary>
    public const string Admin = "admin:";

    /// <summary>The actor of whoever shows a license code.</summary>
    public const string Licensee = "licensee";
}

/// <summary>A stored event.</summary>
/// <param name="Number">Rises with every event of the store.</param>
/// <param name="At">When it happened.</param>
/// <param name="Type">The word of its type.</param>
/// <param name="Source">The call behind it.</param>
/// <param name="BeforeJson">The facts that it changed, as they were, as a JSON object; or null.</param>
/// <param name="AfterJson">The facts that it changed, as they became; or null.</param>
/// <param name="Remark">A reason, or null.</param>
internal sealed record EventRecord(
    long Number, DateTimeOffset At, string Type, CallSource Source, string? BeforeJson, string? AfterJson, string? Remark);
