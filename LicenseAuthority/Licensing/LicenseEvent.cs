namespace LicenseAuthority.Licensing;

/// <summary>Something that happened to a license; stored in the same transaction as what it changed, never altered.</summary>
/// <param name="At">When it happened; never before the license's previous event.</param>
/// <param name="Type">What happened.</param>
/// <param name="Source">The call behind it.</param>
/// <param name="Before">The license before, or null when it began with this event.</param>
/// <param name="After">The license after.</param>
/// <param name="Remark">The reason that an operator gave, or why a call was not applied; or null.</param>
internal sealed record LicenseEvent(
    DateTimeOffset At, LicenseEventType Type, CallSource Source, License? Before, License After, string? Remark = null);
