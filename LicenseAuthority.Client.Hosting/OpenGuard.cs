namespace LicenseAuthority.Client.Hosting;

/// <summary>The guard and its clock, which only the options know. Disposing the guard is its container's, or earlier the host's.</summary>
internal sealed class OpenGuard(LicenseGuard guard, TimeProvider time)
{
    public LicenseGuard Guard { get; } = guard;

    public TimeProvider Time { get; } = time;
}
