namespace LicenseAuthority.Licensing;

/// <summary>Where a list of licenses goes on.</summary>
/// <param name="Now">The instant that states are judged at, fixed with the first page: a list must not shift while the clock passes.</param>
/// <param name="BeforeId">Only licenses before this id; null = from the newest.</param>
internal sealed record LicenseCursor(DateTimeOffset Now, string? BeforeId);
