namespace LicenseAuthority.Codes;

/// <summary>The device that a code is bound to.</summary>
/// <param name="Ids">1 to 8 ids of its fingerprints for this license, the claim <c>dev</c>.</param>
/// <param name="Required">How many of them must match, the claim <c>devk</c>; all where it is their number.</param>
internal sealed record BoundDevice(IReadOnlyList<string> Ids, int Required);
