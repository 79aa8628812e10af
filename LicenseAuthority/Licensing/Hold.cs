namespace LicenseAuthority.Licensing;

/// <summary>A freeze that somebody ordered, as opposed to one by expiry: only who ordered it lifts it, a renewal does not.</summary>
/// <param name="Since">Since when, whole seconds.</param>
/// <param name="Reason">Why, 1 to 1,000 characters.</param>
internal sealed record Hold(DateTimeOffset Since, string Reason);
