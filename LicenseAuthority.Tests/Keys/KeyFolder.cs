using LicenseAuthority.Tests.Support;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Keys;

/// <summary>A keys directory of its own for one test, deleted afterwards, with a root that certifies what the test asks for.</summary>
internal sealed class KeyFolder : IDisposable
{
    public const string Passphrase = "correct horse battery staple";

    // Encrypting a key takes 0.2 s by design: keys that only have to be there are encrypted once and shared.
    private static readonly Lazy<IssuingKeyFile> SharedKey = new(() => IssuingKeyFile.Create(Passphrase));

    private readonly string _parent = TestFolder.Create("license-authority-keys-");

    public KeyFolder() => Directory = new KeyDirectory(Path.Combine(_parent, "keys"));

    public static DateTimeOffset Start { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public KeyDirectory Directory { get; }

    public FakeTimeProvider Time { get; } = new(Start);

    public Ed25519PrivateKey Root { get; } = Ed25519PrivateKey.Generate();

    /// <summary>Writes a root file with this folder's root and, if given, others.</summary>
    public void WriteRoots(params Ed25519PrivateKey[] others) =>
        Write(KeyDirectory.RootsFile, string.Concat(others.Prepend(Root).Select(root => RootKeys.ToLine(root.PublicKey) + "\n")));

    /// <summary>Adds a certificate for a key of its own; there is no private key to it.</summary>
    public KeyCertificate AddCertificate(DateTimeOffset now, Ed25519PrivateKey? root = null, int years = KeyCertifier.DefaultYears, uint? minimumSerial = null)
    {
        using var key = Ed25519PrivateKey.Generate();
        var certificate = KeyCertifier.Certify(root ?? Root, key.PublicKey, [], now, years, minimumSerial);
        Write(certificate);
        return certificate;
    }

    /// <summary>Adds a certificate with its private key, which opens with <see cref="Passphrase"/>. Once per folder: it is the same key each time.</summary>
    public KeyCertificate AddIssuingKey(DateTimeOffset now, int years = KeyCertifier.DefaultYears)
    {
        var certificate = KeyCertifier.Certify(Root, SharedKey.Value.PublicKey, [], now, years);
        Write(certificate);
        Write(KeyDirectory.PrivateKeyFile(certificate.Serial), SharedKey.Value.Pem);
        return certificate;
    }

    public void Write(KeyCertificate certificate) =>
        Write(KeyDirectory.CertificateFile(certificate.Serial), StrictBase64Url.Encode(certificate.Bytes) + "\n");

    public void Write(string name, string text)
    {
        using var writer = KeyDirectoryWriter.Open(Directory);
        writer.Write(name, text);
    }

    public void Delete(string name) => File.Delete(Directory.PathOf(name));

    public KeyRing Load(string? passphrase = Passphrase, bool development = false) => KeyRing.Load(Directory, passphrase, development, Time);

    /// <summary>Every file below the directory's parent, but for locks: nothing is written anywhere else either.</summary>
    public string[] Files() =>
        [.. System.IO.Directory.GetFiles(_parent, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Directory.FullPath, file))
            .Where(file => Path.GetFileName(file) != KeyDirectory.LockFile)
            .Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        Root.Dispose();
        System.IO.Directory.Delete(_parent, recursive: true);
    }

    private sealed record IssuingKeyFile(byte[] PublicKey, string Pem)
    {
        public static IssuingKeyFile Create(string passphrase)
        {
            using var key = Ed25519PrivateKey.Generate();
            return new IssuingKeyFile(key.PublicKey.ToArray(), key.ToEncryptedPem(passphrase));
        }
    }
}
