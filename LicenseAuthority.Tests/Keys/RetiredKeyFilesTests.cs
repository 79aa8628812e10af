using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Keys;

/// <summary>A running service deletes the private keys that it needs no more.</summary>
internal sealed class RetiredKeyFilesTests
{
    private KeyFolder _folder = null!;
    private RecordedLogs _logs = null!;
    private ILoggerFactory _loggers = null!;
    private ClockInDoubt _clock = null!;

    private uint[] PrivateKeys => [.. _folder.Directory.FindPrivateKeySerials()];

    [SetUp]
    public void MakeKeys()
    {
        _folder = new KeyFolder();
        _clock = new ClockInDoubt { IsSettled = true };
        _logs = new RecordedLogs();
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_logs));
        DevelopmentKeys.GenerateIfEmpty(_folder.Directory, _folder.Time);
    }

    [TearDown]
    public void DeleteFolder()
    {
        _loggers.Dispose();
        _logs.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void NewerKey_SignsForAnHour_OlderPrivateKeysAreDeletedAndCertificatesStay()
    {
        var first = Load().Current.Serial;
        using var keys = new LiveKeys(Load());
        using var files = Files(keys);
        files.Check();
        _folder.Time.Advance(TimeSpan.FromHours(5));
        files.Check();
        Assert.That(PrivateKeys, Is.EqualTo(new[] { first }), "there is no newer one");

        var second = Rotate().Serial;
        keys.Replace(Load(), missingSerial: null, minimumElsewhere: 0);
        files.Check();
        _folder.Time.Advance(RetiredKeyFiles.Delay - TimeSpan.FromSeconds(1));
        files.Check();
        Assert.That(PrivateKeys, Is.EquivalentTo(new[] { first, second }));

        _folder.Time.Advance(TimeSpan.FromSeconds(1));
        files.Check();
        Assert.That(PrivateKeys, Is.EqualTo(new[] { second }));
        Assert.That(_folder.Directory.ReadCertificates().Select(certificate => certificate.Serial), Is.EquivalentTo(new[] { first, second }));
        using var after = Load();
        Assert.That((after.Current.Serial, after.Certificates.Count, after.Warnings.Count), Is.EqualTo((second, 2, 0)));
        Assert.That(_logs.Lines.Where(line => line.Message.Contains("were deleted here", StringComparison.Ordinal)), Has.One.Items);
    }

    [Test]
    public void KeyMadeInAdvance_IsNotSigningYet_NothingIsDeleted()
    {
        using (var writer = KeyDirectoryWriter.Open(_folder.Directory))
        {
            KeyRotation.Perform(writer, KeyPassphrase.Development, revokeOlder: false, KeyFolder.Start, KeyFolder.Start.AddYears(1));
        }

        using var keys = new LiveKeys(Load());
        using var files = Files(keys);
        files.Check();
        _folder.Time.Advance(TimeSpan.FromDays(1));
        files.Check();

        Assert.That(PrivateKeys, Has.Length.EqualTo(2));
    }

    [Test]
    public void NewerKey_IsMissingHereOrTheDirectoryIsNotInOrder_NothingIsDeleted()
    {
        var newest = Rotate().Serial;
        using var keys = new LiveKeys(Load());
        using var files = Files(keys);
        keys.Replace(keys.Ring, missingSerial: newest + 1, minimumElsewhere: 0);
        files.Check();
        _folder.Time.Advance(TimeSpan.FromHours(2));
        files.Check();
        keys.Replace(keys.Ring, missingSerial: null, minimumElsewhere: 0);
        keys.HasDirectoryFault = true;
        files.Check();
        _folder.Time.Advance(TimeSpan.FromHours(2));
        files.Check();
        Assert.That(PrivateKeys, Has.Length.EqualTo(2));

        keys.HasDirectoryFault = false;
        files.Check();
        _folder.Time.Advance(RetiredKeyFiles.Delay);
        files.Check();
        Assert.That(PrivateKeys, Is.EqualTo(new[] { newest }));
    }

    // By a clock that was ahead the newer one was taken before its time; an hour later the keys that could have signed were gone.
    [Test]
    public void ClockIsInDoubt_NothingIsDeleted()
    {
        var newest = Rotate().Serial;
        using var keys = new LiveKeys(Load());
        using var files = Files(keys);
        files.Check();
        _clock.IsSettled = false;
        _folder.Time.Advance(RetiredKeyFiles.Delay);
        files.Check();
        _clock.IsSettled = true;
        files.Check();
        Assert.That(PrivateKeys, Has.Length.EqualTo(2), "the hour begins anew");

        _folder.Time.Advance(RetiredKeyFiles.Delay);
        files.Check();
        Assert.That(PrivateKeys, Is.EqualTo(new[] { newest }));
    }

    [Test]
    public void NewerKey_HasNotBegunByTheClockAsItIsNow_NothingIsDeleted()
    {
        var newest = Rotate().Serial;
        using var keys = new LiveKeys(Load());
        using var files = Files(keys);
        files.Check();
        _folder.Time.AdjustTime(KeyFolder.Start.AddDays(-40));
        _folder.Time.Advance(TimeSpan.FromHours(2));
        Assert.That(keys.Ring.WindowFault, Is.Not.Null);
        files.Check();

        _folder.Time.AdjustTime(KeyFolder.Start.AddHours(3));
        files.Check();
        Assert.That(PrivateKeys, Has.Length.EqualTo(2));
        _folder.Time.Advance(RetiredKeyFiles.Delay);
        files.Check();
        Assert.That(PrivateKeys, Is.EqualTo(new[] { newest }));
    }

    [Test]
    public void OlderKeys_CannotBeDeleted_OneWarningAndItGoesOnTrying()
    {
        Rotate();
        using var keys = new LiveKeys(Load());
        using var files = Files(keys);
        files.Check();
        _folder.Time.Advance(RetiredKeyFiles.Delay);
        using (KeyDirectoryWriter.Open(_folder.Directory))
        {
            // A lock that never ends, as good as a directory that may not be written: root may write everywhere.
            files.Check();
            files.Check();
        }

        Assert.That(_logs.Lines.Where(line => line.Level == LogLevel.Warning), Has.One.Items);
        Assert.That(PrivateKeys, Has.Length.EqualTo(2));
        files.Check();
        Assert.That(PrivateKeys, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task RunningService_AfterTheHour_DeletesByItself()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var next = KeyFiles.Development.Next(LicenseAuthorityApplication.Now);
        var directory = new KeyDirectory(Path.Combine(app.Folder, "keys"));
        next.CopyTo(directory.FullPath);

        using var patience = new CancellationTokenSource(Patience.Length);
        while (directory.FindPrivateKeySerials().Count == 2)
        {
            patience.Token.ThrowIfCancellationRequested();
            app.Time.Advance(RetiredKeyFiles.Interval);
            await Task.Yield();
        }

        Assert.That(directory.FindPrivateKeySerials(), Is.EqualTo(new[] { next.Certificate!.Serial }));
        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    private KeyRing Load() => _folder.Load(passphrase: null, development: true);

    private KeyCertificate Rotate()
    {
        using var writer = KeyDirectoryWriter.Open(_folder.Directory);
        return KeyRotation.Perform(writer, KeyPassphrase.Development, revokeOlder: false, _folder.Time.GetUtcNow());
    }

    private RetiredKeyFiles Files(LiveKeys keys) => new(keys, _folder.Time, _clock, _loggers.CreateLogger<RetiredKeyFiles>());
}
