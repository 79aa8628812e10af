using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;

namespace LicenseAuthority.Tests.Keys;

internal sealed class KeyRingTests
{
    private static readonly DateTimeOffset Start = KeyFolder.Start;

    private KeyFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new KeyFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Load_SeveralCertificates_UsesTheHighestSerialThatCoversNow()
    {
        _folder.WriteRoots();
        var over = _folder.AddCertificate(Start.AddYears(-3), years: 2);
        var older = _folder.AddCertificate(Start.AddYears(-1));
        var newest = _folder.AddIssuingKey(Start.AddHours(-1));
        var future = _folder.AddCertificate(Start.AddDays(3));

        using var keys = _folder.Load();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(keys.Current.Serial, Is.EqualTo(newest.Serial));
            Assert.That(
                keys.Certificates.Select(certificate => certificate.Serial),
                Is.EqualTo([future.Serial, newest.Serial, older.Serial, over.Serial]),
                "what the ended ones signed keeps verifying");
            Assert.That(keys.RootLines, Is.EqualTo([RootKeys.ToLine(_folder.Root.PublicKey)]));
            Assert.That(keys.IsDevelopment, Is.False);
            Assert.That(keys.Warnings, Has.Count.EqualTo(1).And.One.Contains($"Certificate {future.Serial}, made in advance"), "its private key is not here");
        }
    }

    [Test]
    public void Load_AnotherRootInTheFile_AcceptsItsCertificate()
    {
        using var second = Ed25519PrivateKey.Generate();
        _folder.WriteRoots(second);
        _folder.AddIssuingKey(Start);
        _folder.AddCertificate(Start.AddDays(-1), root: second);

        using var keys = _folder.Load();

        Assert.That(keys.Certificates, Has.Count.EqualTo(2));
    }

    [Test]
    public void Load_CertificateOfAForeignRoot_RefusesAndNamesTheFile()
    {
        using var foreign = Ed25519PrivateKey.Generate();
        _folder.WriteRoots();
        _folder.AddIssuingKey(Start);
        var certificate = _folder.AddCertificate(Start.AddDays(-1), root: foreign);

        Refuses(KeyDirectory.CertificateFile(certificate.Serial), KeyDirectory.RootsFile);
    }

    [Test]
    public void Load_MinimumSerialRaised_LeavesOutTheRevoked()
    {
        _folder.WriteRoots();
        _folder.AddCertificate(Start.AddYears(-1));
        var current = _folder.AddIssuingKey(Start);
        _folder.AddCertificate(Start.AddDays(3), minimumSerial: current.Serial);

        using var keys = _folder.Load();

        Assert.That(keys.Certificates, Has.Count.EqualTo(2).And.All.Property(nameof(KeyCertificate.Serial)).GreaterThanOrEqualTo(current.Serial));
    }

    [Test]
    public void Load_OnlyUsableCertificateRevoked_Refuses()
    {
        _folder.WriteRoots();
        var current = _folder.AddIssuingKey(Start);
        _folder.AddCertificate(Start.AddDays(3), minimumSerial: current.Serial + 1);

        Refuses("may sign");
    }

    [Test]
    public void Load_WindowIsOver_RefusesAndTellsTheWindow()
    {
        _folder.WriteRoots();
        _folder.AddIssuingKey(Start.AddYears(-5));

        Refuses("2021-02-28T12:00:00Z to 2026-03-01T12:00:00Z", "clock", "certify");
    }

    [Test]
    public void Load_WindowBeginsOneSecondLater_RefusesAndTellsTheWindow()
    {
        _folder.WriteRoots();
        _folder.AddIssuingKey(Start + KeyCertifier.ClockSkew + TimeSpan.FromSeconds(1));

        Refuses("2026-03-01T12:00:01Z", "clock");
    }

    [Test]
    public void Load_NodeWhoseClockIsADayBehind_UsesTheNewKey()
    {
        _folder.WriteRoots();
        var certificate = _folder.AddIssuingKey(Start + KeyCertifier.ClockSkew);

        using var keys = _folder.Load();

        Assert.That(keys.Current.Serial, Is.EqualTo(certificate.Serial));
    }

    [Test]
    public void Load_PrivateKeyMissing_RefusesAndNamesTheFile()
    {
        _folder.WriteRoots();
        var certificate = _folder.AddCertificate(Start);

        Refuses(KeyDirectory.PrivateKeyFile(certificate.Serial), "missing");
    }

    [Test]
    public void Load_PrivateKeyOfAnotherCertificate_RefusesAndNamesTheFile()
    {
        _folder.WriteRoots();
        var older = _folder.AddIssuingKey(Start.AddDays(-1));
        var newer = _folder.AddCertificate(Start);
        File.Copy(_folder.Directory.PathOf(KeyDirectory.PrivateKeyFile(older.Serial)), _folder.Directory.PathOf(KeyDirectory.PrivateKeyFile(newer.Serial)));

        Refuses(KeyDirectory.PrivateKeyFile(newer.Serial), "does not belong");
    }

    [Test]
    public void Load_SameKeyCertifiedTwice_Refuses()
    {
        _folder.WriteRoots();
        _folder.AddIssuingKey(Start.AddDays(-1));
        _folder.AddIssuingKey(Start);

        Refuses("second time");
    }

    [Test]
    public void Load_CertificateUnderAnotherName_RefusesAndTellsTheRightOne()
    {
        _folder.WriteRoots();
        var certificate = _folder.AddCertificate(Start);
        File.Move(_folder.Directory.PathOf(KeyDirectory.CertificateFile(certificate.Serial)), _folder.Directory.PathOf("issuing-7.cert"));

        Refuses("issuing-7.cert", KeyDirectory.CertificateFile(certificate.Serial));
    }

    [TestCase("")]
    [TestCase("AQ")]
    [TestCase("not base64url!")]
    public void Load_DamagedCertificate_RefusesAndNamesTheFile(string text)
    {
        _folder.WriteRoots();
        _folder.Write("issuing-1.cert", text);

        Refuses("issuing-1.cert", "backup");
    }

    [Test]
    public void Load_DamagedPrivateKey_RefusesAndNamesTheFile()
    {
        _folder.WriteRoots();
        var certificate = _folder.AddCertificate(Start);
        _folder.Write(KeyDirectory.PrivateKeyFile(certificate.Serial), "-----BEGIN ENCRYPTED");

        Refuses(KeyDirectory.PrivateKeyFile(certificate.Serial), "backup");
    }

    [Test]
    public void Load_HugeFile_Refuses()
    {
        _folder.Write(KeyDirectory.RootsFile, new string('#', 65 * 1024));

        Refuses(KeyDirectory.RootsFile, "too large");
    }

    [Test]
    public void Load_RootsMissing_RefusesAndNamesTheFile()
    {
        _folder.AddIssuingKey(Start);

        Refuses(KeyDirectory.RootsFile, "missing");
    }

    [Test]
    public void Load_WrongPassphrase_NamesTheSettingAndNotThePassphrase()
    {
        _folder.WriteRoots();
        var certificate = _folder.AddIssuingKey(Start);

        const string Wrong = "a wrong passphrase";
        Assert.That(
            () => _folder.Load(Wrong).Dispose(),
            Throws.TypeOf<KeyException>().With.Message.Contains("Keys:Passphrase").And.Message.Contains(KeyDirectory.PrivateKeyFile(certificate.Serial))
                .And.Message.Not.Contains(Wrong));
    }

    [Test]
    public void Load_PrivateKeysOfOtherCertificates_AreNotLookedAt()
    {
        _folder.WriteRoots();
        var older = _folder.AddCertificate(Start.AddDays(-1));
        _folder.Write(KeyDirectory.PrivateKeyFile(older.Serial), "not a key");
        _folder.AddIssuingKey(Start);

        Assert.That(() => _folder.Load().Dispose(), Throws.Nothing);
    }

    [Test]
    public void Warnings_From180DaysBeforeTheEnd_TellIt()
    {
        _folder.WriteRoots();
        var certificate = _folder.AddIssuingKey(Start);
        using var keys = _folder.Load();
        var end = DateTimeOffset.FromUnixTimeSeconds(certificate.NotAfter);

        _folder.Time.SetUtcNow(end.AddDays(-180).AddTicks(-1));
        Assert.That((keys.IsEndingSoon, keys.WindowFault is null, keys.Warnings.Count), Is.EqualTo((false, true, 0)));

        _folder.Time.SetUtcNow(end.AddDays(-180));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((keys.IsEndingSoon, keys.WindowFault is null), Is.EqualTo((true, true)));
            Assert.That(keys.Warnings, Has.One.Items.And.All.Contains("2031-03-01 12:00:00"));
            Assert.That(keys.CurrentEndsAt, Is.EqualTo(end));
        }

        _folder.Time.SetUtcNow(end);
        Assert.That((keys.IsEndingSoon, keys.WindowFault is null), Is.EqualTo((true, false)));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Unix file modes")]
    public void Warnings_KeyFileOpenToOthers_NamesIt()
    {
        _folder.WriteRoots();
        var name = KeyDirectory.PrivateKeyFile(_folder.AddIssuingKey(Start).Serial);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.Directory.PathOf(name), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        }

        using var keys = _folder.Load();

        Assert.That(keys.Warnings, Has.One.Items.And.All.Contains(name).And.All.Contains("0600"));
    }

    [Test]
    public void Warnings_RootPrivateKeyOnTheMachine_NamesItInProductionOnly()
    {
        _folder.WriteRoots();
        _folder.AddIssuingKey(Start);
        var name = KeyDirectory.RootPrivateKeyFile("x");
        _folder.Write(name, _folder.Root.ToEncryptedPem(KeyFolder.Passphrase));

        using var production = _folder.Load();
        using var development = _folder.Load(development: true);

        Assert.That(production.Warnings, Has.One.Items.And.All.Contains(name).And.All.Contains("offline"));
        Assert.That(development.Warnings, Is.Empty);
    }

    [Test]
    public void Dispose_Current_RefusesToSign()
    {
        _folder.WriteRoots();
        _folder.AddIssuingKey(Start);
        var keys = _folder.Load();

        keys.Dispose();

        Assert.That(() => keys.Current.Sign([1]), Throws.TypeOf<ObjectDisposedException>());
    }

    private void Refuses(params string[] parts)
    {
        var exception = Assert.Throws<KeyException>(() => _folder.Load().Dispose());
        foreach (var part in parts)
        {
            Assert.That(exception!.Message, Does.Contain(part));
        }
    }
}
