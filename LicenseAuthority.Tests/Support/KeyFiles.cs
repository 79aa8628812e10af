using LicenseAuthority.Keys;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// A set of keys, made once per test run and copied wherever a service is started: encrypting and opening a key takes 0.2 s each, by design.
/// </summary>
internal sealed class KeyFiles
{
    public const string ProductionPassphrase = "a passphrase that only this test knows";

    /// <summary>The instant at which the keys begin to be good.</summary>
    public static readonly DateTimeOffset MadeAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Lazy<KeyFiles> DevelopmentFiles = new(() => new KeyFiles(KeyPassphrase.Development));
    private static readonly Lazy<KeyFiles> ProductionFiles = new(() => new KeyFiles(ProductionPassphrase));

    private readonly IReadOnlyDictionary<string, string> _texts;

    private KeyFiles()
    {
        RootLines = [];
        _texts = new Dictionary<string, string>();
    }

    private KeyFiles(string passphrase)
    {
        var folder = Directory.CreateTempSubdirectory("license-authority-keys-").FullName;
        try
        {
            using (var writer = KeyDirectoryWriter.Open(new KeyDirectory(folder)))
            {
                RootLines = KeyCeremony.Perform(writer, roots: 1, passphrase, "for tests", MadeAt).RootLines;
            }

            // The root's private key is moved offline, as an operator is told to.
            _texts = Directory.GetFiles(folder)
                .Where(path => Path.GetFileName(path) != KeyDirectory.LockFile)
                .ToDictionary(path => Path.GetFileName(path), File.ReadAllText);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>No keys at all.</summary>
    public static KeyFiles None { get; } = new();

    public static KeyFiles Development => DevelopmentFiles.Value;

    public static KeyFiles Production => ProductionFiles.Value;

    public IReadOnlyList<string> RootLines { get; }

    public void CopyTo(string folder)
    {
        using var writer = KeyDirectoryWriter.Open(new KeyDirectory(folder));
        foreach (var (name, text) in _texts)
        {
            writer.Write(name, text);
        }
    }
}
