using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Client;

/// <summary>A folder with the store of a program's guards, and the clocks of the machine that they run on; goes with its folder.</summary>
internal sealed class GuardFolder : IDisposable
{
    public GuardFolder()
    {
        Machine = new ShiftedTime(Time);
        Path = Directory.CreateTempSubdirectory("license-guard-").FullName;
    }

    public string Path { get; }

    public string StorePath => System.IO.Path.Combine(Path, "store", "license.lic");

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now));

    /// <summary>The clock of the machine, to be set wrong.</summary>
    public ShiftedTime Machine { get; }

    public LicenseGuard Open(Action<LicenseGuardOptions>? change = null)
    {
        var options = Options();
        change?.Invoke(options);
        return LicenseGuard.Open(options);
    }

    public LicenseGuardOptions Options() => new(TestCodes.Product, TestCodes.RootLine())
    {
        StoreDirectory = System.IO.Path.GetDirectoryName(StorePath),
        Online = false,
        Verifier = new LicenseVerifierOptions { TimeProvider = Machine },
    };

    /// <summary>A license file of a code and a list.</summary>
    public static string File(string code, string? list = null) =>
        $"-----BEGIN LICENSE CODE-----\n{code}\n-----END LICENSE CODE-----\n"
        + (list is null ? "" : $"-----BEGIN STATUS LIST-----\n{list}\n-----END STATUS LIST-----\n");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
