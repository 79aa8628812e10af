using LicenseAuthority.Client.Format;
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

    private static readonly Lazy<KeyFiles> DevelopmentFiles = new(() => new KeyFiles(KeyPassphrase.Development, MadeAt));
    private static readonly Lazy<KeyFiles> FilesMadeNow = new(() => new KeyFiles(KeyPassphrase.Development, JustNow()));
    private static readonly Lazy<KeyFiles> ProductionFiles = new(() => new KeyFiles(ProductionPassphrase, MadeAt));
    private static readonly Lazy<KeyFiles> ProductionFilesMadeNow = new(() => new KeyFiles(ProductionPassphrase, JustNow()));

    // In the order in which they are to appear.
    private readonly IReadOnlyList<(string Name, string Text)> _texts;
    private readonly IReadOnlyList<(string Name, string Text)> _rootTexts = [];
    private readonly string _passphrase = "";

    private KeyFiles()
    {
        RootLines = [];
        _texts = [];
    }

    private KeyFiles(IReadOnlyList<string> rootLines, KeyCertificate certificate, IReadOnlyList<(string Name, string Text)> texts)
    {
        RootLines = rootLines;
        Certificate = certificate;
        _texts = texts;
    }

    private KeyFiles(string passphrase, DateTimeOffset madeAt)
    {
        _passphrase = passphrase;
        var folder = TestFolder.Create("license-authority-keys-");
        try
        {
            var directory = new KeyDirectory(folder);
            using (var writer = KeyDirectoryWriter.Open(directory))
            {
                var made = KeyCeremony.Perform(writer, roots: 1, passphrase, "for tests", madeAt);
                RootLines = made.RootLines;
                Certificate = made.Certificate;
            }

            // The root's private key is moved offline, as an operator is told to.
            _texts = Read(directory, Certificate.Serial, KeyDirectory.RootsFile);
            _rootTexts = [.. directory.FindRootPrivateKeys().Select(name => (name, directory.ReadText(name)))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static KeyFiles None { get; } = new();

    public static KeyFiles Development => DevelopmentFiles.Value;

    /// <summary>For a service that goes by the computer's clock.</summary>
    public static KeyFiles MadeNow => FilesMadeNow.Value;

    public static KeyFiles Production => ProductionFiles.Value;

    /// <summary>The same for a service that goes by the computer's clock.</summary>
    public static KeyFiles ProductionMadeNow => ProductionFilesMadeNow.Value;

    public IReadOnlyList<string> RootLines { get; }

    /// <summary>The certificate of the issuing key.</summary>
    public KeyCertificate? Certificate { get; }

    /// <summary>The files of one more issuing key, made by "keys rotate" where the root key is; nothing else.</summary>
    public KeyFiles Next(DateTimeOffset madeAt, bool revokeOlder = false)
    {
        var folder = TestFolder.Create("license-authority-keys-");
        try
        {
            var directory = new KeyDirectory(folder);
            CopyTo(folder);
            using var writer = KeyDirectoryWriter.Open(directory);
            foreach (var (name, text) in _rootTexts)
            {
                writer.Write(name, text);
            }

            var made = KeyRotation.Perform(writer, _passphrase, revokeOlder, madeAt);
            return new KeyFiles(RootLines, made, Read(directory, made.Serial));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public void CopyTo(string folder)
    {
        using var writer = KeyDirectoryWriter.Open(new KeyDirectory(folder));
        foreach (var (name, text) in _texts)
        {
            writer.Write(name, text);
        }
    }

    private static DateTimeOffset JustNow() => TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1);

    private static IReadOnlyList<(string Name, string Text)> Read(KeyDirectory directory, uint serial, params string[] more)
    {
        string[] names = [KeyDirectory.PrivateKeyFile(serial), KeyDirectory.CertificateFile(serial), .. more];
        return [.. names.Select(name => (name, directory.ReadText(name)))];
    }
}
