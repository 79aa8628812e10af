using LicenseAuthority.Keys;

namespace LicenseAuthority.Benchmarks;

/// <summary>Keys as in production, made for one run.</summary>
internal static class BenchmarkKeys
{
    public const string Passphrase = "only for one run of a benchmark";

    /// <summary>Makes them in a folder that has none.</summary>
    public static void Make(string folder)
    {
        using var writer = KeyDirectoryWriter.Open(new KeyDirectory(folder));
        KeyCeremony.Perform(writer, roots: 2, Passphrase, "for a benchmark", TimeProvider.System.GetUtcNow());
    }

    /// <summary>Loads them as the service does in production.</summary>
    public static KeyRing Load(string folder) => KeyRing.Load(new KeyDirectory(folder), Passphrase, allowDevelopmentKeys: false, TimeProvider.System);
}
