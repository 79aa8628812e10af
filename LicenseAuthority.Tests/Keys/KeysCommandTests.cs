using System.Text.RegularExpressions;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Keys;

internal sealed class KeysCommandTests
{
    // What "keys init" makes, by its path. It takes a second by design, so those share it who need it made and do not look at how.
    private static readonly Lazy<Dictionary<string, string>> MadeOnce = new(Make);

    private KeyFolder _folder = null!;
    private StringWriter _output = null!;
    private StringWriter _error = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = new KeyFolder();
        _output = new StringWriter();
        _error = new StringWriter();
    }

    [TearDown]
    public void DeleteFolder()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Test]
    public void Init_EmptyDirectory_MakesKeysThatProductionStartsWith()
    {
        Assert.That(Run(KeyFolder.Passphrase, "keys", "init"), Is.Zero, _error.ToString());

        using var keys = _folder.Load();
        var lines = Regex.Matches(_output.ToString(), "la-root-1:[A-Za-z0-9_-]{43}").Select(match => match.Value);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(keys.RootLines, Has.Count.EqualTo(2));
            Assert.That(lines, Is.EqualTo(keys.RootLines));
            Assert.That(keys.IsDevelopment, Is.False);
            Assert.That(keys.Current.Certificate.NotAfter, Is.EqualTo(KeyFolder.Start.AddYears(5).ToUnixTimeSeconds()));
            Assert.That(keys.Warnings, Has.Count.EqualTo(2), "the two root private keys are to be moved offline");
        }
    }

    [Test]
    public void Init_Roots_OpenWithThePassphraseAndTheFirstSignedTheCertificate()
    {
        Assert.That(Run(KeyFolder.Passphrase, "keys", "init"), Is.Zero);

        var roots = _folder.Directory.ReadRoots();
        var certificate = _folder.Directory.ReadCertificates().Single();
        Assert.That(RootKey.TryParse(roots.Lines[0], out var first), Is.True);
        var opened = _folder.Directory.FindRootPrivateKeys().Select(name =>
        {
            using var key = Ed25519PrivateKey.FromEncryptedPem(_folder.Directory.ReadText(name), KeyFolder.Passphrase, name);
            return (name, line: RootKeys.ToLine(key!.PublicKey), id: KeyThumbprint.Compute(key.PublicKey));
        }).ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(certificate.IsSignedBy(first!), Is.True);
            Assert.That(opened.Select(root => root.line), Is.EquivalentTo(roots.Lines));
            Assert.That(opened.Select(root => root.name), Is.EqualTo(opened.Select(root => KeyDirectory.RootPrivateKeyFile(root.id))));
        }
    }

    [Test]
    public void Init_Output_NamesTheFilesToMoveAndNoSecret()
    {
        Run(KeyFolder.Passphrase, "keys", "init");

        var printed = _output.ToString() + _error;
        using (Assert.EnterMultipleScope())
        {
            foreach (var name in _folder.Directory.FindRootPrivateKeys())
            {
                Assert.That(printed, Does.Contain(_folder.Directory.PathOf(name)));
            }

            Assert.That(printed, Does.Contain("passphrase").And.Contains("offline"));
            Assert.That(printed, Does.Not.Contain(KeyFolder.Passphrase).And.Not.Contains("PRIVATE KEY"));
            foreach (var file in _folder.Files().Where(file => file.EndsWith(".pem", StringComparison.Ordinal)))
            {
                Assert.That(printed, Does.Not.Contain(_folder.Directory.ReadText(file).Split('\n')[1]));
            }
        }
    }

    [Test]
    public void Init_DirectoryArgument_IsUsedInsteadOfTheSettingAndNothingElseIsWritten()
    {
        var other = Path.Combine(_folder.Directory.FullPath, "other");

        Assert.That(Run(KeyFolder.Passphrase, "keys", "init", "--directory", other), Is.Zero);

        Assert.That(_folder.Files(), Has.Length.EqualTo(5).And.All.StartsWith("other" + Path.DirectorySeparatorChar));
    }

    [Test]
    public void Init_SecondTime_RefusesAndChangesNothing()
    {
        CopyKeysMadeOnce();
        var before = Contents();

        Assert.That(Run(KeyFolder.Passphrase, "keys", "init"), Is.EqualTo(1));

        Assert.That(_error.ToString(), Does.Contain("already holds keys").And.Contains("move"));
        Assert.That(Contents(), Is.EqualTo(before));
    }

    [Test]
    public void Init_SetThatWasCutShort_RefusesAndTellsWhatToDo()
    {
        _folder.Write(KeyDirectory.RootPrivateKeyFile("x"), "text");

        Assert.That(Run(KeyFolder.Passphrase, "keys", "init"), Is.EqualTo(1));

        Assert.That(_error.ToString(), Does.Contain("cut short").And.Contains("delete"));
        Assert.That(_folder.Files(), Has.Length.EqualTo(1));
    }

    [Test]
    public void Init_WhileAnotherHoldsTheLock_Refuses()
    {
        using (KeyDirectoryWriter.Open(_folder.Directory))
        {
            Assert.That(Run(KeyFolder.Passphrase, "keys", "init"), Is.EqualTo(1));
        }

        Assert.That(_error.ToString(), Does.Contain(".lock"));
        Assert.That(_folder.Files(), Is.Empty);
    }

    [Test]
    public async Task Init_TwoAtOnce_OneMakesKeysAndTheOtherRefuses()
    {
        using var barrier = new Barrier(2);
        var runs = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using var output = new StringWriter();
                using var error = new StringWriter();
                barrier.SignalAndWait(Patience.Length);
                return RunAsync(_folder, KeyFolder.Passphrase, output, error, "keys", "init").GetAwaiter().GetResult();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.That(runs, Is.EquivalentTo([0, 1]));
        Assert.That(_folder.Files(), Has.Length.EqualTo(5));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("eleven char")]
    [TestCase("twelve chars ")]
    [TestCase("twelve chars\n")]
    [TestCase("twelve\0 chars")]
    [TestCase(KeyPassphrase.Development)]
    public void Init_NoOrUnfitPassphrase_RefusesAndTellsHowToGiveIt(string? passphrase)
    {
        Assert.That(Run(passphrase, "keys", "init"), Is.EqualTo(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_error.ToString(), Does.Contain("Keys__Passphrase").And.Contains("argument"));
            Assert.That(string.IsNullOrEmpty(passphrase) || !_error.ToString().Contains(passphrase, StringComparison.Ordinal), Is.True);
            Assert.That(_folder.Files(), Is.Empty);
        }
    }

    [TestCase("init, list, rotate, revoke, passphrase", "keys")]
    [TestCase("init, list, rotate, revoke, passphrase", "keys", "hunter2hunter2")]
    [TestCase("--directory", "keys", "init", "--directory")]
    [TestCase("--revoke-older", "keys", "init", "--revoke-older")]
    [TestCase("--passphrase", "keys", "rotate", "--passphrase", "hunter2hunter2")]
    [TestCase("--revoke-older", "keys", "rotate", "--revoke-older=hunter2")]
    [TestCase("--directory", "keys", "init", "--directory", "")]
    [TestCase("--directory", "keys", "rotate", "--directory", "--revoke-older")]
    [TestCase("--directory", "keys", "init", "--directory", "a", "--directory", "hunter2")]
    [TestCase("--passphrase", "keys", "init", "--passphrase", "hunter2hunter2")]
    [TestCase("--Keys:Passphrase", "keys", "init", "--Keys:Passphrase=hunter2hunter2")]
    [TestCase("An argument", "keys", "init", "hunter2hunter2")]
    [TestCase("--environment-file", "keys", "init", "--environment-file", "nowhere.env")]
    public void Run_NotUnderstood_NamesTheOptionAndRepeatsNoValue(string named, params string[] arguments)
    {
        Assert.That(Run(KeyFolder.Passphrase, arguments), Is.EqualTo(1));

        Assert.That(_error.ToString(), Does.Contain(named).And.Not.Contains("hunter2"));
        Assert.That(_output.ToString(), Is.Empty);
        Assert.That(_folder.Files(), Is.Empty);
    }

    [Test]
    public void Run_Help_PrintsUsage()
    {
        Assert.That(Run(null, "keys", "--help"), Is.Zero);
        Assert.That(_output.ToString(), Does.Contain("init").And.Contain("rotate").And.Contain("never from an argument"));
    }

    [Test]
    [InCi("many keys are derived from passphrases")]
    public void Rotate_MakesAKeyThatTheServiceUses_AndTellsWhatToCopy()
    {
        CopyKeysMadeOnce();
        var before = Contents();

        Assert.That(Run(KeyFolder.Passphrase, "keys", "rotate"), Is.Zero, _error.ToString());

        using var keys = _folder.Load();
        var printed = _output.ToString();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(keys.Certificates.Select(certificate => certificate.Serial), Is.EqualTo(new[] { keys.Current.Serial, keys.Current.Serial - 1 }));
            Assert.That(printed, Does.Contain(_folder.Directory.PathOf(KeyDirectory.PrivateKeyFile(keys.Current.Serial))));
            Assert.That(printed, Does.Contain(_folder.Directory.PathOf(KeyDirectory.CertificateFile(keys.Current.Serial))));
            Assert.That(printed, Does.Not.Contain(KeyFolder.Passphrase).And.Not.Contains("PRIVATE KEY"));
            Assert.That(before, Is.SubsetOf(Contents()), "nothing was changed or deleted");
        }
    }

    [Test]
    [InCi("many keys are derived from passphrases")]
    public void Rotate_RevokeOlder_OnlyTheNewOneIsLeft()
    {
        CopyKeysMadeOnce();

        Assert.That(Run(KeyFolder.Passphrase, "keys", "rotate", "--directory", _folder.Directory.FullPath, "--revoke-older", "--yes"), Is.Zero, _error.ToString());

        using var keys = _folder.Load();
        Assert.That(keys.Certificates.Single().MinimumSerial, Is.EqualTo(keys.Current.Serial));
    }

    [Test]
    public void Rotate_RootKeyIsOffline_TellsWhereToRunIt()
    {
        CopyKeysMadeOnce();
        Directory.Delete(_folder.Directory.PathOf(KeyDirectory.RootFolder), recursive: true);
        var before = Contents();

        Assert.That(Run(KeyFolder.Passphrase, "keys", "rotate"), Is.EqualTo(1));

        Assert.That(_error.ToString(), Does.Contain("offline").And.Contains("run this command there"));
        Assert.That(Contents(), Is.EqualTo(before));
    }

    [Test]
    public void Rotate_NoKeys_NamesKeysInit()
    {
        Assert.That(Run(KeyFolder.Passphrase, "keys", "rotate"), Is.EqualTo(1));

        Assert.That(_error.ToString(), Does.Contain("keys init"));
        Assert.That(_folder.Files(), Is.Empty);
    }

    private static Dictionary<string, string> Make()
    {
        using var folder = new KeyFolder();
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.That(RunAsync(folder, KeyFolder.Passphrase, output, error, "keys", "init").GetAwaiter().GetResult(), Is.Zero, error.ToString());
        return Contents(folder);
    }

    // Has ended when it returns: nothing in these commands waits.
    private static Task<int> RunAsync(KeyFolder folder, string? passphrase, StringWriter output, StringWriter error, params string[] arguments) =>
        new KeysCommandRun(folder, output, error) { Passphrase = passphrase }.RunAsync(arguments);

    private static Dictionary<string, string> Contents(KeyFolder folder) => folder.Files().ToDictionary(file => file, folder.Directory.ReadText);

    private void CopyKeysMadeOnce()
    {
        foreach (var (name, text) in MadeOnce.Value)
        {
            _folder.Write(name, text);
        }
    }

    private int Run(string? passphrase, params string[] arguments) => RunAsync(_folder, passphrase, _output, _error, arguments).GetAwaiter().GetResult();

    private Dictionary<string, string> Contents() => Contents(_folder);
}
