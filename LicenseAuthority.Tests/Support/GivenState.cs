namespace LicenseAuthority.Tests.Support;

/// <summary>The states of a license, with how it came to them, as far as that can be told from outside.</summary>
internal enum GivenState
{
    Active,
    FrozenByExpireCall,
    FrozenByClock,
    FrozenByOperator,
    ReleasedByClock,
    ReleasedByClockAndRecorded,
    ReleasedByMarketplace,
    ReleasedByOperator,
    Revoked,
}
