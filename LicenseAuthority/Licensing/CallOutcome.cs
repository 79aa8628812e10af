namespace LicenseAuthority.Licensing;

/// <summary>What became of a call on a license. The doors translate it; only <see cref="LicenseLifecycle"/> chooses it.</summary>
internal enum CallOutcome
{
    /// <summary>It changed the license.</summary>
    Applied = 0,

    /// <summary>Nothing to change; kept as <c>call.noted</c>. Success for the marketplace.</summary>
    Noted = 1,

    /// <summary>
    /// Not applied, because that would take away what was paid for; success for the marketplace, an operator decides (<c>call.conflict</c>).
    /// </summary>
    Conflict = 2,

    /// <summary>Paid for, but the license is over for good; refused, kept for an operator (<c>order.unserved</c>), and an alarm.</summary>
    Unserved = 3,

    /// <summary>Does not fit the license's state; only operators get this answer (409), and nothing is stored.</summary>
    Refused = 4,
}
