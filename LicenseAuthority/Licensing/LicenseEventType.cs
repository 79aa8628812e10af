namespace LicenseAuthority.Licensing;

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

    /// <summary><c>license.changed</c>: an operator changed what was bought.</summary>
    Changed = 6,

    /// <summary><c>call.conflict</c>: answered with success, not applied.</summary>
    Conflict = 7,

    /// <summary><c>call.noted</c>: answered with success, nothing to change.</summary>
    Noted = 8,

    /// <summary><c>order.unserved</c>: paid for, but the license is over for good.</summary>
    Unserved = 9,
}
