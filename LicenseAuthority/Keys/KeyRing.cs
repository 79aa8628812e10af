using System.Globalization;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// The authority's keys as they stand in the keys directory: everything in there is verified before anything is used, and only the private key in use is
/// loaded. It never changes; what has come since, <see cref="Reload"/> brings. Thread-safe.
/// </summary>
internal sealed class KeyRing : IDisposable
{
    /// <summary>How long before its end the certificate in use is reported.</summary>
    public static readonly TimeSpan WarningPeriod = TimeSpan.FromDays(180);

    private readonly Source _source;
    private readonly RootKeys _roots;
    private readonly IReadOnlyList<string> _findings;
    private readonly long _signsUntil;

    private KeyRing(
        Source source,
        string fingerprint,
        RootKeys roots,
        IReadOnlyList<KeyCertificate> certificates,
        IReadOnlyList<string> findings,
        (IssuingKey Key, bool IsDevelopment) current,
        IEnumerable<KeyCertificate> successors)
    {
        _source = source;
        Fingerprint = fingerprint;
        _roots = roots;
        Certificates = certificates;
        _findings = findings;
        (Current, IsDevelopment) = current;

        // Each takes over from the one before without a gap, or does not count.
        _signsUntil = successors.OrderBy(static next => next.NotBefore)
            .Aggregate(Current.NotAfter, static (until, next) => next.NotBefore <= until ? Math.Max(until, next.NotAfter) : until);
    }

    /// <summary>Where the keys come from.</summary>
    public KeyDirectory Directory => _source.Directory;

    /// <summary>The directory's <see cref="KeyDirectory.ReadFingerprint"/> from before it was read.</summary>
    public string Fingerprint { get; }

    /// <summary>The key to sign with. Take it once per signature: header and signature must come from the same one.</summary>
    public IssuingKey Current { get; }

    /// <summary>True if <see cref="Current"/> is a development key, with which anyone can sign.</summary>
    public bool IsDevelopment { get; }

    /// <summary>The lines that licensed software embeds.</summary>
    public IReadOnlyList<string> RootLines => _roots.Lines;

    /// <summary>
    /// Every certificate that a root signed and no minimum serial revokes, the highest serial first; also those whose window is over, as what they signed
    /// keeps verifying.
    /// </summary>
    public IReadOnlyList<KeyCertificate> Certificates { get; }

    /// <summary>Certificates below this serial are revoked; 0 = none ever was.</summary>
    public uint MinimumSerial => Certificates.Select(static certificate => certificate.MinimumSerial).DefaultIfEmpty().Max();

    /// <summary>
    /// Those of <see cref="Certificates"/> that the database is to know: one above <see cref="Current"/>, whose time has not come, must not be, or every
    /// node would be held to it.
    /// </summary>
    public IReadOnlyList<KeyCertificate> ServedCertificates => [.. Certificates.Where(certificate => certificate.Serial <= Current.Serial)];

    /// <summary>True if the window of <see cref="Current"/>, which had begun when it was loaded, has not: it was taken by a clock that was ahead.</summary>
    public bool IsTooEarly => Current.Certificate.NotBefore > Now();

    /// <summary>
    /// The serial that is to sign now: another one than that of <see cref="Current"/> when <see cref="Reload"/> would bring another key without a file
    /// changing. Null: none may.
    /// </summary>
    /// <param name="heldAbove">As in <see cref="KeyStates.Of"/>.</param>
    public uint? FindSerialForNow(uint? heldAbove) =>
        KeyStates.Of(Certificates, Now(), heldAbove).FirstOrDefault(static each => each.State == KeyState.InUse).Certificate?.Serial;

    /// <summary>When <see cref="Current"/> can no longer sign.</summary>
    public DateTimeOffset CurrentEndsAt => Date(Current.NotAfter);

    /// <summary>True from <see cref="WarningPeriod"/> before the end of <see cref="Current"/> on, or of the key made in advance that takes over from it.</summary>
    public bool IsEndingSoon => Date(_signsUntil) - _source.Time.GetUtcNow() <= WarningPeriod;

    /// <summary>
    /// Why <see cref="Current"/> may not sign now, with the remedy: its window is over, or has not begun, as the clock went back behind it. Null while it may.
    /// </summary>
    public string? WindowFault
    {
        get
        {
            var now = Now();
            var certificate = Current.Certificate;
            if (certificate.Covers(now))
            {
                return null;
            }

            var isEarly = now < certificate.NotBefore;
            var remedy = IsDevelopment && isEarly
                ? "restart the service, which makes a new development key"
                : "make a new issuing key with \"LicenseAuthority keys rotate\"";
            return $"Certificate {certificate.Serial} of the issuing key {(isEarly ? "begins" : "ended")} {Instant(isEarly ? certificate.NotBefore : certificate.NotAfter)}, "
                + $"and the clock of this machine says {Instant(now)}. If the clock is wrong, set it right. If it is right, "
                + $"{(isEarly ? "the key was made while a clock was ahead: " : "")}{remedy}.";
        }
    }

    /// <summary>What an operator should see to, as of now; each with its remedy. Empty when all is well.</summary>
    public IReadOnlyList<string> Warnings =>
        IsEndingSoon
            ? [.. _findings, string.Create(
                CultureInfo.InvariantCulture,
                $"Certificate {Current.Serial} of issuing key {Current.KeyId} ends {CurrentEndsAt:yyyy-MM-dd HH:mm:ss} UTC; afterwards no license can be issued. Make a new issuing key before.")]
            : _findings;

    /// <summary>
    /// Loads the directory as it is, with the configured passphrase, if any. <see cref="KeyException"/> when anything in it is not as it must be, naming what
    /// and the remedy. <paramref name="allowDevelopmentKeys"/> is true in Development; otherwise a key that opens with the public passphrase is refused.
    /// <paramref name="heldAbove"/> is as in <see cref="KeyStates.Of"/>; what waits by it is taken all the same where no older key can be used.
    /// </summary>
    public static KeyRing Load(KeyDirectory directory, string? passphrase, bool allowDevelopmentKeys, TimeProvider time, uint? heldAbove = null)
    {
        if (!allowDevelopmentKeys)
        {
            DemandPassphrase(passphrase);
        }

        if (!directory.HasKeys())
        {
            throw new KeyException($"There are no keys in {directory.FullPath} (Keys:Directory). {InitCommand(directory)}");
        }

        if (!File.Exists(directory.PathOf(KeyDirectory.RootsFile)))
        {
            throw new KeyException(
                $"{directory.PathOf(KeyDirectory.RootsFile)} is missing: an incomplete copy, or a set of keys that was cut short while it was made. Restore it from the backup; "
                + $"where nothing was ever signed with these keys, delete them and make new ones. {InitCommand(directory)}");
        }

        var source = new Source(directory, passphrase, allowDevelopmentKeys, time);
        return Load(source, directory.ReadRoots(), heldAbove);
    }

    /// <summary>
    /// Loads the directory as it is now, by the same rules. The roots stay those that this ring was loaded with: the service checks its own codes by them
    /// as long as it runs. <see cref="KeyException"/> when anything is not as it must be; this ring is as good as before then.
    /// </summary>
    /// <param name="heldAbove">As in <see cref="KeyStates.Of"/>.</param>
    public KeyRing Reload(uint? heldAbove = null) => Load(_source, _roots, heldAbove);

    /// <summary>Zeroes the private key when the last signature under way is done.</summary>
    public void Dispose() => Current.Dispose();

    private static KeyRing Load(Source source, RootKeys roots, uint? heldAbove)
    {
        var (directory, time) = (source.Directory, source.Time);

        // Before anything else is read: what changes meanwhile is seen as a change afterwards.
        var fingerprint = directory.ReadFingerprint();
        var certificates = Verify(directory, roots, directory.ReadCertificates());
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var current = LoadCurrent(source, certificates, now, ref heldAbove);
        try
        {
            var findings = FindOpenPaths(directory);
            if (!source.AllowDevelopmentKeys)
            {
                findings.AddRange(CheckRootPrivateKeys(directory));
            }

            var successors = CheckSuccessors(source, certificates, now, heldAbove, findings);
            return new KeyRing(source, fingerprint, roots, certificates, findings, current, successors);
        }
        catch
        {
            current.Key.Dispose();
            throw;
        }
    }

    private static (IssuingKey Key, bool IsDevelopment) LoadCurrent(Source source, IReadOnlyList<KeyCertificate> certificates, long now, ref uint? heldAbove)
    {
        var certificate = Choose(source.Directory, certificates, now, heldAbove);
        try
        {
            return LoadIssuingKey(source, certificate);
        }
        catch (KeyException) when (heldAbove is not null && Choose(source.Directory, certificates, now, heldAbove: null) != certificate)
        {
            // Its private key went when the newer one began to sign: the newer one does not wait for a clock then.
            heldAbove = null;
            return LoadIssuingKey(source, Choose(source.Directory, certificates, now, heldAbove: null));
        }
    }

    // Today, while somebody is there to hear of it, and not in the second in which they are needed.
    private static List<KeyCertificate> CheckSuccessors(
        Source source, IReadOnlyList<KeyCertificate> certificates, long now, uint? heldAbove, List<string> findings)
    {
        var usable = new List<KeyCertificate>();
        foreach (var (next, _) in KeyStates.Of(certificates, now, heldAbove).Where(static each => each.State == KeyState.Next))
        {
            try
            {
                LoadIssuingKey(source, next).Key.Dispose();
                usable.Add(next);
            }
            catch (KeyException exception)
            {
                findings.Add($"Certificate {next.Serial}, made in advance, is to sign from {Instant(next.NotBefore)} on and could not: {exception.Message}");
            }
        }

        return usable;
    }

    private static void DemandPassphrase(string? passphrase)
    {
        if (string.IsNullOrEmpty(passphrase))
        {
            throw new KeyException(
                $"Keys:Passphrase is not set. Set the environment variable {KeyPassphrase.Variable} to the passphrase that the keys were made with; where there are no keys yet, "
                + "choose one of at least 12 characters and run \"LicenseAuthority keys init\" with it.");
        }

        if (passphrase == KeyPassphrase.Development)
        {
            throw new KeyException(
                "Keys:Passphrase is the public development passphrase, and keys that open with it are development keys: anyone can sign with them. Choose a passphrase of your own, "
                + $"set the environment variable {KeyPassphrase.Variable} to it, and make keys for production in an empty directory: \"LicenseAuthority keys init\".");
        }
    }

    private static IReadOnlyList<KeyCertificate> Verify(KeyDirectory directory, RootKeys roots, IReadOnlyList<KeyCertificate> certificates)
    {
        var serials = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var certificate in certificates)
        {
            var path = directory.PathOf(KeyDirectory.CertificateFile(certificate.Serial));
            if (!roots.Signed(certificate))
            {
                throw new KeyException(
                    $"{path} is not signed by a root key in {KeyDirectory.RootsFile}: licensed software would refuse what this key signs. Add the line of the root that signed it "
                    + "(a running service takes new roots with a restart), or move the certificate and its private key away.");
            }

            if (!serials.TryAdd(Convert.ToHexString(certificate.PublicKeyBytes), certificate.Serial))
            {
                throw new KeyException(
                    $"{path} certifies key {certificate.KeyId} a second time, and a key is certified only once. Move one of the certificates of this key away, and make a new issuing key.");
            }
        }

        var minimum = KeyStates.MinimumSerial(certificates);
        return [.. certificates.Where(certificate => certificate.Serial >= minimum)];
    }

    private static KeyCertificate Choose(KeyDirectory directory, IReadOnlyList<KeyCertificate> certificates, long now, uint? heldAbove)
    {
        if (KeyStates.Of(certificates, now, heldAbove).FirstOrDefault(static each => each.State == KeyState.InUse).Certificate is { } inUse)
        {
            return inUse;
        }

        var known = certificates.Count == 0
            ? "none is there, or all are revoked"
            : string.Join("; ", certificates.Select(certificate => string.Create(
                CultureInfo.InvariantCulture, $"{certificate.Serial} is for {Instant(certificate.NotBefore)} to {Instant(certificate.NotAfter)}")));
        throw new KeyException(
            $"No certificate in {directory.FullPath} may sign codes and lists now, {Instant(now)} ({known}). Check the clock of this machine; when it is right, certify a new issuing key.");
    }

    private static (IssuingKey Key, bool IsDevelopment) LoadIssuingKey(Source source, KeyCertificate certificate)
    {
        var (directory, passphrase, allowDevelopmentKeys, _) = source;
        var path = directory.PathOf(KeyDirectory.PrivateKeyFile(certificate.Serial));
        var pem = directory.FindPrivateKey(certificate.Serial)
            ?? throw new KeyException($"{path} is missing: the private key to this certificate, without which nothing is signed. Restore it from the backup, or copy it from the node that has it.");

        var privateKey = string.IsNullOrEmpty(passphrase) ? null : Ed25519PrivateKey.FromEncryptedPem(pem, passphrase, path);
        var isDevelopment = privateKey is null || passphrase == KeyPassphrase.Development;
        if (privateKey is null)
        {
            privateKey = Ed25519PrivateKey.FromEncryptedPem(pem, KeyPassphrase.Development, path);
            if (privateKey is null)
            {
                throw new KeyException(
                    string.IsNullOrEmpty(passphrase)
                        ? $"{path} is not a development key, and Keys:Passphrase is not set. Set the environment variable {KeyPassphrase.Variable} to the passphrase that it was made with."
                        : $"{path} does not open with Keys:Passphrase: it is the wrong passphrase, or the file is damaged. Set the environment variable {KeyPassphrase.Variable} "
                            + "to the passphrase that the keys were made with, or restore the file from the backup.");
            }

            if (!allowDevelopmentKeys)
            {
                privateKey.Dispose();
                throw DevelopmentKey(path);
            }
        }

        try
        {
            return (IssuingKey.Create(privateKey, certificate), isDevelopment);
        }
        catch (KeyException exception)
        {
            privateKey.Dispose();
            throw new KeyException($"{path}: {exception.Message}", exception);
        }
    }

    private static IEnumerable<string> CheckRootPrivateKeys(KeyDirectory directory)
    {
        var names = directory.FindRootPrivateKeys();
        // A root that everyone can open certifies whatever anyone likes. Costs one key derivation per file, all at once, and nothing where they were moved
        // away as told.
        var checks = names.Select(name => (name, open: Task.Run(() => DevelopmentKeys.Opens(directory, name)))).ToArray();
        foreach (var (name, open) in checks)
        {
            if (open.GetAwaiter().GetResult())
            {
                throw DevelopmentKey(directory.PathOf(name));
            }
        }

        return names.Select(name => $"The root private key {directory.PathOf(name)} lies on this machine. The service does not need it: move it offline.");
    }

    private static KeyException DevelopmentKey(string path) => new(
        $"{path} is a development key: it opens with the public development passphrase, so anyone can sign with it. Make keys for production in an empty directory "
        + $"with a passphrase of your own: set {KeyPassphrase.Variable} and run \"LicenseAuthority keys init\", then let Keys:Directory name that directory.");

    private static List<string> FindOpenPaths(KeyDirectory directory) =>
        [.. directory.FindOpenPaths().Select(path => $"Other users of this machine have access to {path}. Close it: mode 0700 for folders, 0600 for files.")];

    private static string InitCommand(KeyDirectory directory) =>
        $"Make them: set {KeyPassphrase.Variable} to a passphrase of at least 12 characters and run \"LicenseAuthority keys init --directory {directory.FullPath}\".";

    private long Now() => _source.Time.GetUtcNow().ToUnixTimeSeconds();

    private static DateTimeOffset Date(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, KeyCertificate.LatestSecond));

    private static string Instant(long seconds) => Rfc3339.Seconds(Date(seconds));

    private sealed record Source(KeyDirectory Directory, string? Passphrase, bool AllowDevelopmentKeys, TimeProvider Time);
}
