using LicenseAuthority.Licensing;

namespace LicenseAuthority.StatusLists;

/// <summary>A license with all of its codes, by their numbers.</summary>
internal sealed record LicenseEntries(License License, IReadOnlyList<ListedCode> Codes);

/// <summary>A code, as far as its entry depends on it.</summary>
/// <param name="List">The status list that holds its entry.</param>
/// <param name="Index">Its entry.</param>
/// <param name="IssuedAt">Its <c>iat</c>.</param>
/// <param name="IsOver">Its entry is invalid for good, or a clock that was ahead had signed it and a later code took its place.</param>
/// <param name="Text">Its text; null for the newest one without a device, which was made of the facts that the license has now.</param>
internal sealed record ListedCode(long List, int Index, DateTimeOffset IssuedAt, bool IsOver, string? Text);
