namespace LicenseAuthority.Tests.Support;

/// <summary>A clock that always shows the same instant, allocates nothing, and may show any instant at all.</summary>
internal sealed class StoppedClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
