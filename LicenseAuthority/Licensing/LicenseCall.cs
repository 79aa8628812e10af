namespace LicenseAuthority.Licensing;

/// <summary>Something that somebody asks of a license that exists. A closed list; issuing is apart, see <see cref="LicenseIssuer"/>.</summary>
/// <param name="Source">Who asks, kept with the event.</param>
internal abstract record LicenseCall(CallSource Source)
{
    /// <summary>The marketplace sets a new expiry: renewal, refund of a renewal, or trial to formal.</summary>
    /// <param name="Source">Who asks.</param>
    /// <param name="Scene">What for.</param>
    /// <param name="ExpiresAt">The new expiry, whole seconds; required, also for a perpetual license.</param>
    internal sealed record Renew(CallSource Source, RenewalScene Scene, DateTimeOffset ExpiresAt) : LicenseCall(Source);

    /// <summary>The marketplace says that the term is over.</summary>
    internal sealed record Expire(CallSource Source) : LicenseCall(Source);

    /// <summary>The marketplace freezes: for a violation (a hold), or at the end of the term (as <see cref="Expire"/>).</summary>
    internal sealed record Freeze(CallSource Source, string Reason) : LicenseCall(Source);

    /// <summary>The marketplace lifts its hold.</summary>
    internal sealed record Unfreeze(CallSource Source) : LicenseCall(Source);

    /// <summary>The marketplace releases: refund, or the end of its retention.</summary>
    internal sealed record Release(CallSource Source) : LicenseCall(Source);

    /// <summary>An operator holds a license.</summary>
    internal sealed record AdminFreeze(CallSource Source, string Reason) : LicenseCall(Source);

    /// <summary>An operator lifts an operator's hold.</summary>
    internal sealed record AdminUnfreeze(CallSource Source, string? Reason) : LicenseCall(Source);

    /// <summary>An operator releases.</summary>
    internal sealed record AdminRelease(CallSource Source, string Reason) : LicenseCall(Source);

    /// <summary>An operator withdraws a license for ever.</summary>
    internal sealed record AdminRevoke(CallSource Source, string Reason) : LicenseCall(Source);

    /// <summary>An operator changes what was bought. Null = as it is.</summary>
    internal sealed record AdminChange(CallSource Source, DateTimeOffset? ExpiresAt, int? Quantity, Entitlements? Entitlements, string Reason)
        : LicenseCall(Source);

    /// <summary>An operator has a call applied that was kept as a conflict.</summary>
    internal sealed record ApplyConflict(CallSource Source, ConflictProposal Proposal, string Remark) : LicenseCall(Source);

    /// <summary>An operator leaves a call that was kept as a conflict as it is: not applied. Fits any state.</summary>
    internal sealed record DismissConflict(CallSource Source, string Remark) : LicenseCall(Source);
}
