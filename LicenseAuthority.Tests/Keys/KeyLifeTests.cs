using System.Text.Json;
using System.Text.RegularExpressions;
using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Keys;

/// <summary>The <c>keys</c> commands on keys that are there, most of them development keys, which are made in no time.</summary>
internal sealed class KeyLifeTests
{
    private const string NewPassphrase = "another horse, another battery";

    private KeyFolder _folder = null!;
    private StringWriter _output = null!;
    private StringWriter _error = null!;

    private string Printed => _output.ToString();

    private string Refused => _error.ToString();

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
    public async Task Development_WithoutPassphrase_EachCommandWorksOnDevelopmentKeys()
    {
        Assert.That(await RunAsync("init"), Is.Zero, Refused);
        Assert.That(Printed, Does.Contain("Anyone can sign with them"));
        Assert.That(await RunAsync("rotate"), Is.Zero, Refused);
        Assert.That(await RunAsync("revoke", $"{Serials()[0]}", "--yes"), Is.Zero, Refused);

        using var keys = Load();
        Assert.That((keys.IsDevelopment, keys.Certificates.Count), Is.EqualTo((true, 1)));
        Assert.That(() => _folder.Load(), Throws.TypeOf<KeyException>().With.Message.Contains("development key"), "Production still refuses them");
    }

    [Test]
    public async Task Rotate_KeysOfTheFirstStartInDevelopment_ArePossible()
    {
        DevelopmentKeys.GenerateIfEmpty(_folder.Directory, _folder.Time);

        Assert.That(await RunAsync("rotate"), Is.Zero, Refused);

        Assert.That(Serials(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Rotate_OutsideDevelopmentWithoutPassphrase_IsRefused()
    {
        DevelopmentKeys.GenerateIfEmpty(_folder.Directory, _folder.Time);

        Assert.That(await new KeysCommandRun(_folder, _output, _error).RunAsync("keys", "rotate"), Is.EqualTo(1));

        Assert.That(Refused, Does.Contain("Keys__Passphrase"));
        Assert.That(Serials(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task List_OneOfEach_TellsEverything()
    {
        await RunAsync("init");
        var revoked = Serials()[0];
        await RunAsync("revoke", $"{revoked}", "--yes");
        var retired = Serials()[0];
        await RunAsync("rotate");
        var inUse = Serials()[0];
        await RunAsync("rotate", "--not-before", "2026-09-01T00:00:00Z");
        var next = Serials()[0];
        _folder.Delete(KeyDirectory.PrivateKeyFile(retired));
        _output.GetStringBuilder().Clear();

        Assert.That(await RunAsync("list", "--json"), Is.Zero, Refused);

        using var json = JsonDocument.Parse(Printed);
        var rows = json.RootElement.EnumerateArray().ToArray();
        var root = RootKeys.KeyIdOf(_folder.Directory.ReadRoots().Lines[0]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(rows.Select(row => (row.GetProperty("serial").GetUInt32(), row.GetProperty("state").GetString())), Is.EqualTo(
                new[] { (next, "next"), (inUse, "in-use"), (retired, "retired"), (revoked, "revoked") }));
            Assert.That(rows.Where(row => !row.GetProperty("privateKey").GetBoolean()).Select(row => row.GetProperty("serial").GetUInt32()), Is.EqualTo(new[] { retired }));
            Assert.That(rows.Select(row => row.GetProperty("root").GetString()), Has.All.EqualTo(root));
            Assert.That(rows.Select(row => row.GetProperty("minimumSerial").GetUInt32()), Is.EqualTo(new[] { revoked + 1, revoked + 1, revoked + 1, 0u }));
            Assert.That(rows[0].GetProperty("notBefore").GetString(), Is.EqualTo("2026-09-01T00:00:00Z"));
            Assert.That(rows[0].GetProperty("notAfter").GetString(), Is.EqualTo("2031-09-01T00:00:00Z"));
            Assert.That(rows[0].GetProperty("keyId").GetString(), Is.EqualTo(_folder.Directory.ReadCertificates()[0].KeyId));
        }
    }

    [Test]
    public async Task List_ForPeople_NamesTheStatesAndNeedsNoPassphrase()
    {
        await RunAsync("init");
        await RunAsync("rotate");
        _output.GetStringBuilder().Clear();

        Assert.That(await new KeysCommandRun(_folder, _output, _error).RunAsync("keys", "list"), Is.Zero, Refused);

        Assert.That(Printed, Does.Contain($"{Serials()[0]}  in-use").And.Contain($"{Serials()[1]}  retired").And.Contain("private key  here"));
    }

    [Test]
    public async Task List_ACertificateThatNoRootSigned_IsUntrustedAndRevokesNothing()
    {
        await RunAsync("init");
        using var thief = Ed25519PrivateKey.Generate();
        var forged = _folder.AddCertificate(KeyFolder.Start.AddDays(1), thief, minimumSerial: Serials()[0] + 1);
        _output.GetStringBuilder().Clear();

        Assert.That(await RunAsync("list"), Is.Zero, Refused);

        Assert.That(Printed, Does.Contain($"{forged.Serial}  untrusted").And.Contain($"{Serials()[1]}  in-use"));
    }

    [Test]
    public async Task Rotate_NotBefore_SignsFromThatSecondOn()
    {
        await RunAsync("init");
        await RunAsync("rotate", "--not-before", "2026-09-01T08:00:00+08:00");
        var (next, first) = (Serials()[0], Serials()[1]);

        using var before = Load();
        var begins = new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.That((before.Current.Serial, before.FindSerialForNow(heldAbove: null)), Is.EqualTo((first, (uint?)first)));
        Assert.That(before.ServedCertificates.Select(certificate => certificate.Serial), Is.EqualTo(new[] { first }), "other nodes are not held to it yet");
        _folder.Time.SetUtcNow(begins.AddSeconds(-1));
        using var last = before.Reload();
        Assert.That(last.Current.Serial, Is.EqualTo(first));
        _folder.Time.SetUtcNow(begins);
        Assert.That(before.FindSerialForNow(heldAbove: null), Is.EqualTo(next));
        using var after = before.Reload();
        Assert.That(after.Current.Serial, Is.EqualTo(next));
    }

    [Test]
    public async Task Rotate_NotBeforeCoversTheEndOfTheOneInUse_NoWarningThatItEnds()
    {
        await RunAsync("init");
        await RunAsync("rotate", "--not-before", "2031-01-01T00:00:00Z");
        var (next, first) = (Serials()[0], Serials()[1]);
        _folder.Time.SetUtcNow(new DateTimeOffset(2030, 12, 1, 0, 0, 0, TimeSpan.Zero));
        using var before = Load();
        Assert.That((before.IsEndingSoon, before.Current.Serial), Is.EqualTo((false, first)));

        var text = _folder.Directory.FindPrivateKey(next)!;
        _folder.Delete(KeyDirectory.PrivateKeyFile(next));
        using var broken = Load();
        Assert.That(broken.IsEndingSoon, Is.True, "the one in advance cannot take over");

        _folder.Write(KeyDirectory.PrivateKeyFile(next), text);
        _folder.Time.SetUtcNow(KeyFolder.Start.AddYears(5).AddDays(-30));
        using var after = Load();
        Assert.That((after.IsEndingSoon, after.Current.Serial, after.WindowFault), Is.EqualTo((false, next, (string?)null)));
    }

    [TestCase("missing")]
    [TestCase("truncated")]
    [TestCase("of another certificate")]
    public async Task KeyMadeInAdvance_CannotBeUsed_IsToldBeforeItsTime(string fault)
    {
        await RunAsync("init");
        await RunAsync("rotate", "--not-before", "2026-09-01T00:00:00Z");
        var path = _folder.Directory.PathOf(KeyDirectory.PrivateKeyFile(Serials()[0]));
        var text = await File.ReadAllTextAsync(path);
        File.Delete(path);
        if (fault != "missing")
        {
            await File.WriteAllTextAsync(path, fault == "truncated" ? text[..100] : _folder.Directory.FindPrivateKey(Serials()[1]));
        }

        using var keys = Load();

        Assert.That(keys.Current.Serial, Is.EqualTo(Serials()[1]));
        Assert.That(keys.Warnings, Has.One.Match($"^Certificate {Serials()[0]}, made in advance.*{Regex.Escape(path)}"));
    }

    [TestCase("2026-03-01T12:00:00Z", "is over")]
    [TestCase("2026-09-01", "--not-before")]
    [TestCase("2026-09-01T00:00:00", "--not-before")]
    [TestCase("hunter2", "--not-before")]
    public async Task Rotate_NotBeforeIsNoInstantToCome_IsRefused(string instant, string named)
    {
        await RunAsync("init");

        Assert.That(await RunAsync("rotate", "--not-before", instant), Is.EqualTo(1));

        Assert.That(Refused, Does.Contain(named).And.Not.Contain("hunter2"));
        Assert.That(Serials(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Rotate_NotBeforeWithRevokeOlder_IsRefused()
    {
        await RunAsync("init");

        Assert.That(await RunAsync("rotate", "--not-before", "2026-09-01T00:00:00Z", "--revoke-older", "--yes"), Is.EqualTo(1));

        Assert.That(Refused, Does.Contain("do not go together"));
        Assert.That(Serials(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Rotate_OneWasMadeInAdvance_TellsThatItWillNotSign()
    {
        await RunAsync("init");
        await RunAsync("rotate", "--not-before", "2026-09-01T00:00:00Z");
        var next = Serials()[0];

        await RunAsync("rotate");

        Assert.That(Printed, Does.Contain($"Certificate {next}, made in advance for 2026-09-01T00:00:00Z, will not come to sign"));
    }

    [TestCase("revoke")]
    [TestCase("rotate")]
    public async Task Revoke_WithoutYes_TellsWhatDiesAndDoesNothing(string command)
    {
        var (oldest, middle, newest) = await ThreeAsync();
        var before = Contents();
        _output.GetStringBuilder().Clear();
        string[] arguments = command == "revoke" ? ["revoke", $"{middle}"] : ["rotate", "--revoke-older"];
        var counts = new Dictionary<uint, long> { [0] = 1, [oldest] = 20, [middle] = 300, [newest] = 4000 };

        var run = new KeysCommandRun(_folder, _output, _error) { IsDevelopment = true, CountLivingCodes = _ => Task.FromResult<IReadOnlyDictionary<uint, long>>(counts) };
        Assert.That(await run.RunAsync(["keys", .. arguments]), Is.EqualTo(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Printed, Does.Match($"{oldest} .*, 20 living codes").And.Match($"{middle} .*, 300 living codes"));
            Assert.That(Printed.Contains($"{newest} ", StringComparison.Ordinal), Is.EqualTo(command == "rotate"));
            Assert.That(Printed, Does.Contain($"Living codes that die: {(command == "revoke" ? 321 : 4321)} living codes").And.Contain("1 living code of a time"));
            Assert.That(Refused, Does.Contain("Nothing was done").And.Contain("--yes"));
            Assert.That(Contents(), Is.EqualTo(before));
        }
    }

    [Test]
    public async Task Revoke_DatabaseCannotBeReached_TellsThatCodesWereNotCountedAndWhy()
    {
        var (_, middle, _) = await ThreeAsync();

        Assert.That(await RunAsync("revoke", $"{middle}"), Is.EqualTo(1));

        Assert.That(Printed, Does.Contain($"were not counted: {KeysCommandRun.NoDatabase}"));
        Assert.That(Printed, Does.Not.Match("[0-9] living codes?"));
    }

    [Test]
    public async Task Revoke_Yes_KillsThatOneAndAllBelow()
    {
        var (oldest, middle, newest) = await ThreeAsync();

        Assert.That(await RunAsync("revoke", $"{middle}", "--yes"), Is.Zero, Refused);

        using var keys = Load();
        Assert.That(keys.Current.Certificate.MinimumSerial, Is.EqualTo(middle + 1));
        Assert.That(keys.Certificates.Select(certificate => certificate.Serial), Is.EqualTo(new[] { keys.Current.Serial, newest }));
        Assert.That(keys.Certificates.Select(certificate => certificate.Serial), Has.No.Member(oldest));
    }

    [Test]
    public async Task Revoke_UnknownOrRevokedAlready_IsRefused()
    {
        var (oldest, middle, newest) = await ThreeAsync();
        await RunAsync("revoke", $"{middle}", "--yes");
        var before = Contents();

        foreach (var (serial, words) in new[] { (newest + 10, "There is no certificate"), (oldest, "revoked already"), (middle, "revoked already") })
        {
            Assert.That(await RunAsync("revoke", $"{serial}", "--yes"), Is.EqualTo(1));
            Assert.That(Refused, Does.Contain(words));
            _error.GetStringBuilder().Clear();
        }

        Assert.That(Contents(), Is.EqualTo(before));
    }

    [TestCase("keys", "revoke")]
    [TestCase("keys", "revoke", "hunter2")]
    [TestCase("keys", "revoke", "-1")]
    [TestCase("keys", "revoke", "4294967296")]
    [TestCase("keys", "revoke", "1", "hunter2")]
    public async Task Revoke_NotASerial_IsRefusedAndRepeatsNoValue(params string[] arguments)
    {
        await RunAsync("init");

        Assert.That(await new KeysCommandRun(_folder, _output, _error) { IsDevelopment = true }.RunAsync(arguments), Is.EqualTo(1));

        Assert.That(Refused, Is.Not.Empty.And.Not.Contain("hunter2"));
        Assert.That(Serials(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Rotate_KilledBetweenKeyAndCertificate_ServiceGoesOnAndTheNextRotationWorks()
    {
        await RunAsync("init");
        var first = Serials()[0];
        foreach (var step in (string[])["write", "rename", "flush"])
        {
            // The second file's: the private key is there, the certificate is not.
            var seen = 0;
            using var writer = KeyDirectoryWriter.Open(_folder.Directory, name => KillIf(name == step && ++seen == 2));
            Assert.That(() => KeyRotation.Perform(writer, KeyPassphrase.Development, revokeOlder: false, KeyFolder.Start), Throws.TypeOf<KilledException>());
        }

        using (var keys = Load())
        {
            Assert.That(keys.Current.Serial, Is.AnyOf(first, Serials()[0]));
        }

        Assert.That(await RunAsync("rotate"), Is.Zero, Refused);
        using var after = Load();
        Assert.That(after.Current.Serial, Is.EqualTo(Serials()[0]).And.GreaterThan(first));
    }

    [Test]
    public async Task Rotate_RootFileHoldsAnotherKey_CertifiesNothing()
    {
        await RunAsync("init");
        var roots = _folder.Directory.ReadRoots().Lines.Select(line => _folder.Directory.PathOf(KeyDirectory.RootPrivateKeyFile(RootKeys.KeyIdOf(line)))).ToArray();
        File.Copy(roots[1], roots[0], overwrite: true);

        Assert.That(await RunAsync("rotate"), Is.EqualTo(1));

        Assert.That(Refused, Does.Contain("another key than its name says"));
        Assert.That(Serials(), Has.Count.EqualTo(1));
    }

    [TestCase("rotate")]
    [TestCase("revoke")]
    [TestCase("passphrase")]
    public async Task Command_WhileAnotherHoldsTheLock_Refuses(string command)
    {
        await RunAsync("init");
        var before = Contents();
        using (KeyDirectoryWriter.Open(_folder.Directory))
        {
            Assert.That(
                await (command switch
                {
                    "revoke" => RunAsync("revoke", $"{Serials()[0]}", "--yes"),
                    "passphrase" => RunInProductionAsync("passphrase"),
                    _ => RunAsync(command),
                }),
                Is.EqualTo(1));
        }

        Assert.That(Refused, Does.Contain(".lock"));
        Assert.That(Contents(), Is.EqualTo(before));
    }

    [Test]
    [InCi("many keys are derived from passphrases")]
    public async Task Passphrase_EveryPrivateKey_OpensWithTheNewOneOnly()
    {
        await RunInProductionAsync("init");
        await RunInProductionAsync("rotate");

        Assert.That(await RunInProductionAsync("passphrase"), Is.Zero, Refused);

        Assert.That(PrivateKeys().Select(name => (Opens(name, NewPassphrase), Opens(name, KeyFolder.Passphrase))), Is.EqualTo(Enumerable.Repeat((true, false), 4)));
        using var keys = _folder.Load(NewPassphrase);
        Assert.That(keys.Current.Serial, Is.EqualTo(Serials()[0]));
        Assert.That(Printed + Refused, Does.Not.Contain(NewPassphrase));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(keys.Warnings, Has.None.Contains("Other users"), "mode 0600");
        }
    }

    // Each key that is encrypted or opened takes most of a second of a core: so with two keys, and elsewhere than in CI at fewer steps.
    [Test]
    [InCi("many keys are derived from passphrases")]
    public async Task Passphrase_KilledAtAnyStep_EveryFileOpensWithOneOfTheTwoAndTheSameCommandFinishes()
    {
        const int Steps = 6;
        await RunAsync("init");
        _folder.Delete(_folder.Directory.FindRootPrivateKeys()[^1]);
        var before = Contents();
        foreach (var killAt in TestDatabases.IsCi ? [1, 2, 3, 4, 5, Steps] : (int[])[3, 5])
        {
            Restore(before);
            var seen = 0;
            using (var writer = KeyDirectoryWriter.Open(_folder.Directory, _ => KillIf(++seen == killAt)))
            {
                // As if the process had ended here.
                Assert.That(() => KeyPassphraseChange.Perform(writer, KeyPassphrase.Development, NewPassphrase), Throws.TypeOf<KilledException>());
            }

            Assert.That(
                PrivateKeys().Select(name => Opens(name, _folder.Directory.ReadText(name) == before[name] ? KeyPassphrase.Development : NewPassphrase)),
                Has.All.True,
                $"killed at step {killAt}");
            if (killAt % 3 == 0)
            {
                using var again = KeyDirectoryWriter.Open(_folder.Directory);
                KeyPassphraseChange.Perform(again, KeyPassphrase.Development, NewPassphrase);
                Assert.That(PrivateKeys().Select(name => Opens(name, NewPassphrase)), Is.EqualTo([true, true]));
            }
        }

        Restore(before);
        var steps = 0;
        using (var writer = KeyDirectoryWriter.Open(_folder.Directory, _ => steps++))
        {
            KeyPassphraseChange.Perform(writer, KeyPassphrase.Development, NewPassphrase);
        }

        Assert.That(steps, Is.EqualTo(Steps), "two files, three steps each");
    }

    [Test]
    public async Task Passphrase_AHalfWrittenFileIsLeft_IsRemoved()
    {
        await RunAsync("init");
        var left = _folder.Directory.PathOf($".{KeyDirectory.PrivateKeyFile(7)}.tmp");
        await File.WriteAllTextAsync(left, "-----BEGIN ENCRYPTED");

        await RunAsync("rotate");

        Assert.That(File.Exists(left), Is.False);
    }

    [Test]
    [InCi("many keys are derived from passphrases")]
    public async Task Passphrase_OneFileIsWrong_NothingIsChanged()
    {
        await RunInProductionAsync("init");
        _folder.Delete(_folder.Directory.FindRootPrivateKeys()[^1]);
        var file = KeyDirectory.PrivateKeyFile(Serials()[0]);
        var good = _folder.Directory.ReadText(file);
        using var stranger = Ed25519PrivateKey.Generate();
        foreach (var (text, words) in new[]
        {
            (good[..100], "is not"),
            (stranger.ToEncryptedPem("a passphrase of somebody else"), "opens neither"),
            (stranger.ToEncryptedPem(KeyFolder.Passphrase), "is not the one of its certificate"),
        })
        {
            await File.WriteAllTextAsync(_folder.Directory.PathOf(file), text);
            var before = Contents();

            Assert.That(await RunInProductionAsync("passphrase"), Is.EqualTo(1));

            Assert.That(Refused, Does.Contain(words).And.Contain(file));
            Assert.That(Contents(), Is.EqualTo(before));
            _error.GetStringBuilder().Clear();
        }
    }

    // Keys that anyone may have looked like those of production afterwards.
    [TestCase(null, true)]
    [TestCase(KeyPassphrase.Development, false)]
    [TestCase(KeyFolder.Passphrase, false)]
    public async Task Passphrase_DevelopmentKeys_AreRefusedWithTheRemedy(string? passphrase, bool isDevelopment)
    {
        await RunAsync("init");
        var before = Contents();
        var run = new KeysCommandRun(_folder, _output, _error) { Passphrase = passphrase, IsDevelopment = isDevelopment, NewPassphrase = NewPassphrase };

        Assert.That(await run.RunAsync("keys", "passphrase"), Is.EqualTo(1));

        Assert.That(Refused, Does.Contain("development keys").And.Contain("keys init").And.Not.Contain(NewPassphrase));
        Assert.That(Contents(), Is.EqualTo(before));
    }

    [TestCase(null, "Keys__NewPassphrase")]
    [TestCase("short", "Keys__NewPassphrase")]
    [TestCase(KeyPassphrase.Development, "Keys__NewPassphrase")]
    public async Task Passphrase_NewOneIsUnfit_IsRefused(string? passphrase, string named)
    {
        await RunAsync("init");
        var before = Contents();

        Assert.That(await new KeysCommandRun(_folder, _output, _error) { Passphrase = KeyFolder.Passphrase, NewPassphrase = passphrase }.RunAsync("keys", "passphrase"), Is.EqualTo(1));

        Assert.That(Refused, Does.Contain(named));
        Assert.That(Contents(), Is.EqualTo(before));
    }

    private async Task<(uint Oldest, uint Middle, uint Newest)> ThreeAsync()
    {
        await RunAsync("init");
        await RunAsync("rotate");
        await RunAsync("rotate");
        var serials = Serials();
        return (serials[2], serials[1], serials[0]);
    }

    private Task<int> RunAsync(params string[] arguments) =>
        new KeysCommandRun(_folder, _output, _error) { IsDevelopment = true, NewPassphrase = NewPassphrase }.RunAsync(["keys", .. arguments]);

    private Task<int> RunInProductionAsync(params string[] arguments) =>
        new KeysCommandRun(_folder, _output, _error) { Passphrase = KeyFolder.Passphrase, NewPassphrase = NewPassphrase }.RunAsync(["keys", .. arguments]);

    private KeyRing Load() => _folder.Load(passphrase: null, development: true);

    private IReadOnlyList<uint> Serials() => [.. _folder.Directory.ReadCertificates().Select(certificate => certificate.Serial)];

    private string[] PrivateKeys() => [.. _folder.Files().Where(file => file.EndsWith(".pem", StringComparison.Ordinal))];

    private bool Opens(string name, string passphrase)
    {
        using var key = Ed25519PrivateKey.FromEncryptedPem(_folder.Directory.ReadText(name), passphrase, name);
        return key is not null;
    }

    private Dictionary<string, string> Contents() => _folder.Files().ToDictionary(file => file, _folder.Directory.ReadText);

    private void Restore(Dictionary<string, string> contents)
    {
        foreach (var (name, text) in contents)
        {
            File.WriteAllText(_folder.Directory.PathOf(name), text);
        }
    }

    private static void KillIf(bool now)
    {
        if (now)
        {
            throw new KilledException();
        }
    }

    private sealed class KilledException : Exception;
}
