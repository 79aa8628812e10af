using System.Globalization;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// The keys directory, read. Writing goes through <see cref="KeyDirectoryWriter"/>, which holds the lock. Readers need no lock: files appear whole,
/// a private key changes only in what encrypts it, and a certificate appears after its private key.
/// <code>
/// roots.txt               public: the root lines that vendors embed
/// issuing-SERIAL.cert     public: the certificate, one line
/// issuing-SERIAL.pem      the private key to it, encrypted; deleted when a newer one has signed for an hour
/// root/root-KEYID.pem     a root private key, encrypted; only there until it is moved offline
/// .lock                   held while something writes
/// </code>
/// </summary>
internal sealed class KeyDirectory
{
    public const string RootsFile = "roots.txt";
    public const string RootFolder = "root";
    public const string LockFile = ".lock";

    private const string IssuingPrefix = "issuing-";
    private const string CertificateSuffix = ".cert";
    private const string PrivateKeySuffix = ".pem";

    // A key file has about 500 bytes; whatever is larger is something else, and not worth reading into memory.
    private const long MostBytes = 64 * 1024;

    private const UnixFileMode OthersMode = (UnixFileMode)0b000_111_111;

    public KeyDirectory(string path) => FullPath = Path.GetFullPath(path);

    public string FullPath { get; }

    public static string CertificateFile(uint serial) => string.Create(CultureInfo.InvariantCulture, $"{IssuingPrefix}{serial}{CertificateSuffix}");

    public static string PrivateKeyFile(uint serial) => string.Create(CultureInfo.InvariantCulture, $"{IssuingPrefix}{serial}{PrivateKeySuffix}");

    public static string RootPrivateKeyFile(string keyId) => Path.Combine(RootFolder, $"root-{keyId}{PrivateKeySuffix}");

    /// <summary>The full path of a file of this directory.</summary>
    public string PathOf(string name) => Path.Combine(FullPath, name);

    /// <summary>True if there is anything of a set of keys, be it incomplete: then no new set must be made here.</summary>
    public bool HasKeys() =>
        Reading(() => File.Exists(PathOf(RootsFile))
            || Find(IssuingPrefix + "*" + CertificateSuffix).Length > 0
            || Find(IssuingPrefix + "*" + PrivateKeySuffix).Length > 0
            || Find(RootFolder, "*" + PrivateKeySuffix).Length > 0);

    public RootKeys ReadRoots() => RootKeys.Parse(ReadText(RootsFile), PathOf(RootsFile));

    /// <summary>All certificates as they stand in the files, the highest serial first; nothing is verified but their form.</summary>
    public IReadOnlyList<KeyCertificate> ReadCertificates()
    {
        var certificates = new List<KeyCertificate>();
        foreach (var name in Reading(() => Find(IssuingPrefix + "*" + CertificateSuffix)))
        {
            if (!KeyCertificate.TryParse(ReadText(name).Trim(), out var certificate))
            {
                throw new KeyException($"{PathOf(name)} is not a key certificate, or it is damaged. Restore it from the backup.");
            }

            // So two files can never hold one serial, and the private key is found by the name.
            if (name != CertificateFile(certificate!.Serial))
            {
                throw new KeyException($"{PathOf(name)} holds the certificate with serial {certificate.Serial}: its name must be {CertificateFile(certificate.Serial)}.");
            }

            certificates.Add(certificate);
        }

        return [.. certificates.OrderByDescending(certificate => certificate.Serial)];
    }

    /// <summary>
    /// A text that changes whenever the root file, a certificate or an issuing key comes, goes or is written; one look at the folder, no file is opened.
    /// </summary>
    public string ReadFingerprint() =>
        Reading(() =>
        {
            var folder = new DirectoryInfo(FullPath);
            var files = folder.Exists ? folder.GetFiles(IssuingPrefix + "*").Concat(folder.GetFiles(RootsFile)) : [];
            return string.Join('\n', files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file =>
                string.Create(CultureInfo.InvariantCulture, $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}")));
        });

    /// <summary>The PEM text of the private key with this serial; null when it is not here.</summary>
    public string? FindPrivateKey(uint serial) => File.Exists(PathOf(PrivateKeyFile(serial))) ? ReadText(PrivateKeyFile(serial)) : null;

    /// <summary>The serials of the issuing private keys that are here, by the names of their files; also of one whose certificate is not.</summary>
    public IReadOnlyList<uint> FindPrivateKeySerials() =>
        Reading(() => Find(IssuingPrefix + "*" + PrivateKeySuffix)
            .Select(static name => name[IssuingPrefix.Length..^PrivateKeySuffix.Length])
            .Select(static text => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var serial) ? serial : 0)
            .Distinct()
            .Where(serial => File.Exists(PathOf(PrivateKeyFile(serial))))
            .ToArray());

    /// <summary>The names of the root private keys that are here.</summary>
    public IReadOnlyList<string> FindRootPrivateKeys() => Reading(() => Find(RootFolder, "*" + PrivateKeySuffix));

    /// <summary>The text of a file of this directory.</summary>
    public string ReadText(string name) =>
        Reading(() =>
        {
            var file = new FileInfo(PathOf(name));
            return file.Exists && file.Length > MostBytes
                ? throw new KeyException($"{file.FullName} is too large for a file of this kind. Restore it from the backup.")
                : File.ReadAllText(file.FullName);
        });

    /// <summary>What other users of this machine could read or change, as paths. Always empty on Windows, where the folder's own rights rule.</summary>
    public IReadOnlyList<string> FindOpenPaths() =>
        Reading(() =>
        {
            string[] names = [.. Find("*" + PrivateKeySuffix), .. Find(RootFolder, "*" + PrivateKeySuffix)];
            return names.Select(PathOf).Prepend(FullPath).Where(IsOpenToOthers).ToArray();
        });

    private static bool IsOpenToOthers(string path) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMode) != UnixFileMode.None;

    private string[] Find(string pattern) => Find(string.Empty, pattern);

    private string[] Find(string folder, string pattern) =>
        Directory.Exists(PathOf(folder))
            ? [.. Directory.GetFiles(PathOf(folder), pattern).Select(file => Path.Combine(folder, Path.GetFileName(file))).Order(StringComparer.Ordinal)]
            : [];

    private T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyException(
                $"The keys directory {FullPath} cannot be read: {exception.Message} Give the user of this service access, or restore what is missing from the backup.",
                exception);
        }
    }
}
