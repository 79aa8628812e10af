namespace LicenseAuthority.Tests.Support;

/// <summary>How long a test waits for what must come. It says nothing about speed: it only keeps a test run from hanging, on a machine however loaded.</summary>
internal static class Patience
{
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(5);

    /// <summary>The same in milliseconds, for <see cref="CancelAfterAttribute"/>.</summary>
    public const int Milliseconds = 300_000;
}
