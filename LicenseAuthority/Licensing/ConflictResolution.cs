namespace LicenseAuthority.Licensing;

/// <summary>What an operator decided on a conflict; stored only while it is open.</summary>
internal sealed record ConflictResolution(string ConflictId, ConflictStatus Status, string Actor, DateTimeOffset At);
