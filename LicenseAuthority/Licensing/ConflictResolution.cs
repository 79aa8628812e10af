namespace LicenseAuthority.Licensing;

/// <summary>What an operator decided on a conflict.</summary>
internal sealed record ConflictResolution(string ConflictId, bool Applied, string Actor, DateTimeOffset At);
