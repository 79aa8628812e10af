using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>A guard without a network: what it takes, keeps and says.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LicenseGuardTests : IDisposable
{
    private const long Day = 86400;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private readonly GuardFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Open_NothingIsInstalled_IsNotActivatedWithoutALicense()
    {
        using var guard = _folder.Open();

        Assert.That((guard.Current.Outcome, guard.Current.License), Is.EqualTo((LicenseOutcome.NotActivated, (LicenseCode?)null)));
        Assert.That(guard.Current.GetEvidence(LicenseLanguage.English), Does.StartWith("No license is installed."));
        Assert.That(guard.Current.GetAdvice(LicenseLanguage.Chinese), Does.Contain("激活"));
        Assert.That(guard.Notices, Is.Empty);
        Assert.That(guard.IsEntitled("seats"), Is.False);
        Assert.That(guard.GetLimit("seats"), Is.Null);
        Assert.That(guard.CreateActivationRequest(), Is.Empty);
    }

    [Test]
    public void Open_OptionsAreWrong_NamesMemberAndRemedy()
    {
        Assert.That(() => LicenseGuard.Open(null!), Throws.ArgumentNullException);
        Assert.That(() => LicenseGuard.Open(new LicenseGuardOptions(" ", TestCodes.RootLine())), Throws.ArgumentException.With.Message.Contains("product id"));
        Assert.That(() => LicenseGuard.Open(new LicenseGuardOptions(TestCodes.Product)), Throws.ArgumentException.With.Message.Contains("root key"));
        AssertRefused(options => options.RefreshInterval = TimeSpan.Zero, "RefreshInterval");
        AssertRefused(options => options.WarnBefore = TimeSpan.FromDays(-1), "WarnBefore");
        AssertRefused(options => options.Lease = TimeSpan.FromSeconds(1), "Lease");
        AssertRefused(options => options.Clock = (ClockPolicy)7, "Clock");
        AssertRefused(options => options.Verifier = null!, "Verifier");
        AssertRefused(options => options.DeviceName = new string('x', 65), "DeviceName");
        AssertRefused(options => options.ListMirror = new Uri("http://mirror.example/"), "ListMirror");
        AssertRefused(options => options.DeviceFingerprints = Enumerable.Range(0, 9).Select(number => $"{number}"), "DeviceFingerprints");
        AssertRefused(options => (options.DeviceFingerprints, options.DeviceMatch) = (["a", "b", "c"], 1), "DeviceMatch");
        Assert.That(() => _folder.Open(options => options.DeviceFingerprints = Throwing()), Throws.TypeOf<NotSupportedException>(), "what the enumeration throws is the caller's");
    }

    [Test]
    public void Install_ACode_IsThereInTheNextRun()
    {
        using (var guard = _folder.Open())
        {
            Assert.That(guard.Install("  " + TestCodes.Valid().Build() + "\r\n").Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(guard.Current.IsValid, Is.True);
        }

        using var next = _folder.Open();
        Assert.That(next.Current.IsValid, Is.True);
        Assert.That(next.GetLimit("seats"), Is.EqualTo(5));
        Assert.That(next.IsEntitled("seats"), Is.True);
        Assert.That(next.IsEntitled("export"), Is.False);
        Assert.That(() => next.Require(), Throws.Nothing);
        Assert.That(() => next.Require("seats"), Throws.Nothing);
        Assert.That(() => next.Require("export"), Throws.TypeOf<LicenseRequiredException>().With.Property("Entitlement").EqualTo("export"));
        Assert.That(LicenseFile.Parse(File.ReadAllText(_folder.StorePath)).IsWellFormed, Is.True);
    }

    [Test]
    public void Require_WithoutALicense_ThrowsWithTheCheck()
    {
        using var guard = _folder.Open();

        var exception = Assert.Throws<LicenseRequiredException>(() => guard.Require());
        Assert.That(exception!.Check.Outcome, Is.EqualTo(LicenseOutcome.NotActivated));
        Assert.That(exception.Message, Does.Contain("No license is installed"));
    }

    private static readonly TestCaseData[] Refused =
    [
        new TestCaseData(null, LicenseOutcome.Malformed).SetArgDisplayNames("null"),
        new TestCaseData("", LicenseOutcome.Malformed).SetArgDisplayNames("empty"),
        new TestCaseData(new string('A', 10_000_000), LicenseOutcome.Malformed).SetArgDisplayNames("10 MB"),
        new TestCaseData(GuardFolder.File("x") + GuardFolder.File("y"), LicenseOutcome.Malformed).SetArgDisplayNames("two codes"),
        new TestCaseData(TestCodes.Valid().With("aud", "\"other\"").Build(), LicenseOutcome.WrongProduct).SetArgDisplayNames("other product"),
        new TestCaseData(TestCodes.Valid().BoundTo("elsewhere").Build(), LicenseOutcome.WrongDevice).SetArgDisplayNames("other device"),
        new TestCaseData(TestCodes.Valid().With("test", "true").Build(), LicenseOutcome.TestLicense).SetArgDisplayNames("test"),
        new TestCaseData(TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed).Build(), LicenseOutcome.UntrustedKey).SetArgDisplayNames("other root"),
        new TestCaseData(TestCodes.Valid().Build() + "A", LicenseOutcome.Malformed).SetArgDisplayNames("changed"),
        new TestCaseData(GuardFolder.File(TestCodes.Valid().Build()[..^2] + "AA"), LicenseOutcome.BadSignature).SetArgDisplayNames("signature"),
        new TestCaseData("-----BEGIN STATUS LIST-----\nx\n-----END STATUS LIST-----", LicenseOutcome.Malformed).SetArgDisplayNames("bad list"),
    ];

    [TestCaseSource(nameof(Refused))]
    public void Install_SomethingElse_SaysWhyAndChangesNothing(string? text, LicenseOutcome outcome)
    {
        using var guard = _folder.Open();
        guard.Install(TestCodes.Valid().Build());
        var before = File.ReadAllBytes(_folder.StorePath);

        var check = guard.Install(text);

        // The last character of a signature has bits that must be zero.
        Assert.That(check.Outcome, Is.EqualTo(outcome).Or.EqualTo(outcome == LicenseOutcome.BadSignature ? LicenseOutcome.Malformed : outcome));
        Assert.That(check.GetEvidence(LicenseLanguage.English), Is.Not.Empty);
        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That(File.ReadAllBytes(_folder.StorePath), Is.EqualTo(before));
    }

    [Test]
    public void Install_AnOlderCode_KeepsTheNewerOne()
    {
        using var guard = _folder.Open();
        guard.Install(Code(gen: 2, issued: -10, ends: 100));
        guard.Install(Code(gen: 1, issued: -20, ends: 300));

        Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));
    }

    [Test]
    public void Install_LicensesOneAfterTheOther_LieBesideEachOther()
    {
        using var guard = _folder.Open();
        for (var number = 1; number <= 12; number++)
        {
            guard.Install(Code(license: $"lic_{number}", ends: number));
        }

        Assert.That(guard.Current.License!.LicenseId, Is.EqualTo("lic_12"), "the later end");
        _folder.Time.Advance(TimeSpan.FromDays(20));
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Frozen));
        guard.Dispose();

        using var next = _folder.Open();
        Assert.That(next.GetSupportReport().Split('\n').Count(line => line.StartsWith("  issuer: ", StringComparison.Ordinal)), Is.EqualTo(8));
    }

    [Test]
    public void Current_AValidOneGoesBeforeOneThatEndsLater()
    {
        using var guard = _folder.Open();
        guard.Install(Code(license: "lic_future", ends: 900, begins: 30));
        guard.Install(Code(license: "lic_now", ends: 10));

        Assert.That(guard.Current.License!.LicenseId, Is.EqualTo("lic_now"));
    }

    [Test]
    public void Current_TheCodeOfThisDeviceGoesBeforeTheUnboundOne()
    {
        using var guard = _folder.Open(options => options.DeviceFingerprints = ["board"]);
        guard.Install(TestCodes.Valid().With("gen", 3).With("iat", TestCodes.Now).Build());
        guard.Install(TestCodes.Valid().With("gen", 2).BoundTo("board").Build());

        Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));
    }

    // One that was signed while the authority's clock was ahead, and which is void; or this machine's clock is behind.
    [Test]
    public void Install_ACodeAheadOfTheClock_NeverOutranks()
    {
        using var guard = _folder.Open();
        guard.Install(Code(gen: 1, issued: -10, ends: 100));
        var ahead = Code(gen: 2, issued: 40, ends: 300);

        Assert.That(guard.Install(ahead).IsValid, Is.True, "the code at hand still counts");
        Assert.That(guard.Current.License!.Generation, Is.EqualTo(1));

        // Both are kept, so when the clock has come so far the newer one counts.
        _folder.Time.Advance(TimeSpan.FromDays(40));
        Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));
    }

    [Test]
    public void Install_TheListCallsTheNewestCodeOver_AnOlderOneTakesItsPlace()
    {
        using var guard = _folder.Open();
        guard.Install(GuardFolder.File(Code(gen: 2, issued: -10, ends: 100), TestStatusLists.With(1).Build()));
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Revoked));

        guard.Install(TestCodes.Valid().With("gen", 1).With("status", "{\"status_list\":{\"idx\":5,\"uri\":\"" + TestStatusLists.Uri + "\"}}").Build());

        Assert.That((guard.Current.Outcome, guard.Current.License!.Generation), Is.EqualTo((LicenseOutcome.Valid, 1)));
    }

    [Test]
    public void Install_AListByItself_RevokesAndAnOlderOneDoesNotHelp()
    {
        using var guard = _folder.Open();
        guard.Install(TestCodes.Valid().Build());
        var older = TestStatusLists.With(0).With("seq", 6).Build();

        Assert.That(guard.Install("-----BEGIN STATUS LIST-----\n" + TestStatusLists.With(1).Build() + "\n-----END STATUS LIST-----").Outcome, Is.EqualTo(LicenseOutcome.Revoked));
        Assert.That(guard.Install(GuardFolder.File(TestCodes.Valid().Build(), older)).Outcome, Is.EqualTo(LicenseOutcome.Revoked));
    }

    [Test]
    public void Install_AFileWithTheListOfAnotherLicense_TakesTheCode()
    {
        using var guard = _folder.Open();
        var foreign = TestStatusLists.With(1).With("sub", "\"https://license.example.com/licensee/v1/status-lists/2\"").Build();

        Assert.That(guard.Install(GuardFolder.File(TestCodes.Valid().Build(), foreign)).IsValid, Is.True);
    }

    // The key was stolen, and only the list says so: what is held falls, also after a restart, and what comes by the new key counts.
    [Test]
    public void Install_AListThatRevokesTheKey_IsRememberedAndACodeByTheNewKeyHeals()
    {
        var revoking = TestStatusLists.With(0).SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 5, TestCodes.CertificateSerial + 5).Build();
        using (var guard = _folder.Open())
        {
            guard.Install(TestCodes.Valid().Build());
            guard.Install("-----BEGIN STATUS LIST-----\n" + revoking + "\n-----END STATUS LIST-----");
            Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.UntrustedKey));
            Assert.That(Kinds(guard), Does.Contain(LicenseNoticeKind.UpdateSoftware));
        }

        using var next = _folder.Open();
        Assert.That(next.Current.Outcome, Is.EqualTo(LicenseOutcome.UntrustedKey), "the code is kept: it still shows who asks for a new one");
        var fresh = TestCodes.Valid().With("gen", 2).SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 5, TestCodes.CertificateSerial + 5);
        Assert.That(next.Install(fresh.Build()).IsValid, Is.True);
        Assert.That(next.Current.IsValid, Is.True);
    }

    [Test]
    public void Store_TornOrEdited_TheLastGoodOneIsUsed()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(TestCodes.Valid().Build());
            guard.Install(GuardFolder.File(TestCodes.Valid().Build(), TestStatusLists.With(0).Build()));
        }

        var bytes = File.ReadAllBytes(_folder.StorePath);
        File.WriteAllBytes(_folder.StorePath, bytes[..(bytes.Length / 2)]);
        using (var next = _folder.Open())
        {
            Assert.That(next.Current.IsValid, Is.True);
            Assert.That(next.GetSupportReport(), Does.Contain("was found changed or torn"));
        }

        using var mended = _folder.Open();
        Assert.That(mended.GetSupportReport(), Does.Not.Contain("was found changed or torn"));
        Assert.That(mended.Current.IsValid, Is.True);
    }

    [Test]
    public void Store_AFileOfAnAdministratorInItsPlace_IsTakenOver()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(Code(gen: 1, ends: 10));
        }

        File.WriteAllText(_folder.StorePath, GuardFolder.File(Code(gen: 2, issued: -1, ends: 200)));

        using var next = _folder.Open();
        Assert.That(next.Current.License!.Generation, Is.EqualTo(2));
    }

    [Test]
    public void Store_OfAnotherProduct_IsLeftAlone()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(TestCodes.Valid().Build());
        }

        var before = File.ReadAllBytes(_folder.StorePath);
        var options = new LicenseGuardOptions("other", TestCodes.RootLine())
        {
            StoreDirectory = Path.GetDirectoryName(_folder.StorePath), Online = false, Verifier = new LicenseVerifierOptions { TimeProvider = _folder.Machine },
        };
        using (var other = LicenseGuard.Open(options))
        {
            Assert.That(other.Current.License, Is.Null);
            Assert.That(Kinds(other), Does.Contain(LicenseNoticeKind.StoreNotWritable));
            Assert.That(other.Install(TestCodes.Valid().With("aud", "\"other\"").Build()).IsValid, Is.True, "in memory");
        }

        Assert.That(File.ReadAllBytes(_folder.StorePath), Is.EqualTo(before));
    }

    [Test]
    public void Store_CannotBeWritten_WorksInMemoryWithANoticeFromTheStart()
    {
        var taken = Path.Combine(_folder.Path, "file");
        File.WriteAllText(taken, "no folder");
        using var guard = _folder.Open(options => options.StoreDirectory = Path.Combine(taken, "store"));

        Assert.That(Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.StoreNotWritable]));
        Assert.That(guard.Install(TestCodes.Valid().Build()).IsValid, Is.True);
        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.EqualTo((string[])[taken]), "nothing was written elsewhere");
    }

    [Test]
    public void Store_AFolderInItsPlace_WorksInMemory()
    {
        Directory.CreateDirectory(_folder.StorePath);
        using var guard = _folder.Open();

        Assert.That(guard.Install(TestCodes.Valid().Build()).IsValid, Is.True);
        Assert.That(Kinds(guard), Does.Contain(LicenseNoticeKind.StoreNotWritable));
    }

    [Test]
    public void Store_OfAGigabyte_IsNotReadAndReplaced()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.StorePath)!);
        using (var file = new FileStream(_folder.StorePath, FileMode.Create))
        {
            file.SetLength(1L << 30);
        }

        using var guard = _folder.Open();
        Assert.That(guard.Install(TestCodes.Valid().Build()).IsValid, Is.True);
        Assert.That(new FileInfo(_folder.StorePath).Length, Is.LessThan(10_000));
    }

    // A backup reads the file longer than anybody waits for, here until after the guard was opened.
    [Test]
    public void Store_HeldWhileOpened_IsReadWhenItIsFreeAndNotReplacedBefore()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(Code(license: "lic_stored", ends: 20));
        }

        var before = File.ReadAllBytes(_folder.StorePath);
        using var next = Held(() => _folder.Open());
        Assert.That(Kinds(next), Does.Contain(LicenseNoticeKind.StoreNotWritable));
        Held(() => next.Install(Code(license: "lic_pasted", ends: 10)));
        Assert.That(File.ReadAllBytes(_folder.StorePath), Is.EqualTo(before));

        _folder.Time.Advance(Tick);

        Assert.That(next.Current.License!.LicenseId, Is.EqualTo("lic_stored"));
        Assert.That(Kinds(next), Does.Not.Contain(LicenseNoticeKind.StoreNotWritable));
        Assert.That(next.GetSupportReport(), Does.Contain("lic_pasted"));
    }

    [Test]
    public void Store_OfTheHostCannotBeRead_IsNotReplaced()
    {
        var store = new HostStore();
        using (var guard = _folder.Open(options => options.Store = store))
        {
            guard.Install(TestCodes.Valid().Build());
        }

        var before = store.Bytes;
        store.Throws = true;
        using var next = _folder.Open(options => options.Store = store);
        next.Install(Code(license: "lic_other", ends: 10));
        Assert.That(store.Bytes, Is.SameAs(before));

        store.Throws = false;
        _folder.Time.Advance(Tick);
        Assert.That(next.Current.License!.LicenseId, Is.EqualTo(TestCodes.LicenseId));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Store_IsGoneOrAGigabyte_TheLastGoodOneIsUsed(bool isHuge)
    {
        using (var guard = _folder.Open())
        {
            guard.Install(Code(gen: 1));
            guard.Install(Code(gen: 2, issued: -1));
        }

        File.Delete(_folder.StorePath);
        if (isHuge)
        {
            using var file = new FileStream(_folder.StorePath, FileMode.Create);
            file.SetLength(1L << 30);
        }

        for (var run = 1; run <= 3; run++)
        {
            using var next = _folder.Open();
            Assert.That(next.Current.IsValid, Is.True, $"run {run}");
        }
    }

    [Test]
    public void Store_OnUnix_IsForItsOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("rights come from the folder there");
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_folder.StorePath)!);
        using (var guard = _folder.Open())
        {
            guard.Install(Code(gen: 1));
            guard.Install(Code(gen: 2, issued: -1));
        }

        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(_folder.StorePath)!))
        {
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
        }
    }

    // Another process holds the lock all the time: what could not be written is written in the end.
    [Test]
    public void Store_LockedByAnotherProcess_IsWrittenWhenItIsFree()
    {
        using var guard = _folder.Open();
        using (new FileStream(_folder.StorePath + ".lock", FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.That(guard.Install(TestCodes.Valid().Build()).IsValid, Is.True);
            Assert.That(Kinds(guard), Does.Contain(LicenseNoticeKind.StoreNotWritable));
        }

        guard.Dispose();
        using var next = _folder.Open();
        Assert.That(next.Current.IsValid, Is.True);
    }

    [Test]
    public void Store_OfSeveralProcesses_IsMergedAndSeenWithinFiveSeconds()
    {
        using var one = _folder.Open();
        using var other = _folder.Open();
        one.Install(Code(license: "lic_one", ends: 10));
        other.Install(Code(license: "lic_other", ends: 20));
        Assert.That(other.GetSupportReport(), Does.Contain("lic_one"), "who writes has read");

        _folder.Time.Advance(Tick);

        Assert.That(one.Current.License!.LicenseId, Is.EqualTo("lic_other"));
    }

    [Test]
    public void Store_OfTheHost_IsAllThatIsUsed()
    {
        var store = new HostStore();
        using (var guard = _folder.Open(options => options.Store = store))
        {
            guard.Install(TestCodes.Valid().Build());
        }

        Assert.That(store.Bytes, Is.Not.Null);
        Assert.That(File.Exists(_folder.StorePath), Is.False);
        using (var next = _folder.Open(options => options.Store = store))
        {
            Assert.That(next.Current.IsValid, Is.True);
        }

        store.Throws = true;
        using var failing = _folder.Open(options => options.Store = store);
        Assert.That(Kinds(failing), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.StoreNotWritable]));
    }

    // The other build replaces files in another way; and a store is the same to both.
    [Test]
    public void Store_OfTheNetStandardBuild_IsKeptAndShared()
    {
        var directory = Path.GetDirectoryName(_folder.StorePath)!;
        Assert.That(NetStandardVerifier.RunGuard(directory, _folder.Time, Code(gen: 1), Code(gen: 2, issued: -1)), Is.EqualTo("Valid"));
        using (var guard = _folder.Open())
        {
            Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));
            guard.Install(GuardFolder.File(Code(gen: 2, issued: -1), TestStatusLists.With(2).Build()));
        }

        Assert.That(NetStandardVerifier.RunGuard(directory, _folder.Time), Is.EqualTo("Suspended"));
    }

    [Test]
    public void CodeText_IsTakenOver()
    {
        using var guard = _folder.Open(options => options.CodeText = TestCodes.Valid().Build());

        Assert.That(guard.Current.IsValid, Is.True);
    }

    [Test]
    public void CodeFile_RenewsAndRevokesWithoutARestart()
    {
        var path = Path.Combine(_folder.Path, "drop.lic");
        using var guard = _folder.Open(options => options.CodeFile = path);
        Assert.That(guard.Current.License, Is.Null);

        File.WriteAllText(path, GuardFolder.File(Code(gen: 1, ends: 10))[..60]);
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.License, Is.Null, "half written");

        File.WriteAllText(path, GuardFolder.File(Code(gen: 1, ends: 10)));
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.IsValid, Is.True);

        File.WriteAllText(path, GuardFolder.File(Code(gen: 2, issued: -1, ends: 200)));
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));

        File.Delete(path);
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.IsValid, Is.True, "what is taken over stays");

        File.WriteAllText(path, GuardFolder.File(Code(gen: 2, issued: -1, ends: 200), TestStatusLists.With(1).Build()));
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Revoked));
    }

    // As Kubernetes updates a secret: the file is a link through a folder's link, and only that one is swapped.
    [Test]
    public void CodeFile_ALinkIsSwapped_IsSeen()
    {
        foreach (var (name, generation) in ((string, int)[])[("v1", 1), ("v2", 2)])
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, name));
            File.WriteAllText(Path.Combine(_folder.Path, name, "code"), Code(gen: generation, issued: -3 + generation));
        }

        var data = Path.Combine(_folder.Path, "..data");
        Directory.CreateSymbolicLink(data, "v1");
        using var guard = _folder.Open(options => options.CodeFile = Path.Combine(data, "code"));
        Assert.That(guard.Current.License!.Generation, Is.EqualTo(1));

        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "v2");
        _folder.Time.Advance(Tick);

        Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));
    }

    [Test]
    public void Clock_ThreeDaysBack_IsRolledBackUntilItIsRight()
    {
        using var guard = _folder.Open();
        guard.Install(Code(issued: 0));
        _folder.Machine.Shift = TimeSpan.FromDays(-3);
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack));
        Assert.That(guard.Current.GetEvidence(LicenseLanguage.English), Does.Contain("2026-06-01T00:00:00Z"));
        Assert.That(Kinds(guard), Does.Contain(LicenseNoticeKind.ClockSuspect));

        _folder.Machine.Shift = TimeSpan.Zero;
        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That(Kinds(guard), Does.Not.Contain(LicenseNoticeKind.ClockSuspect));
    }

    [Test]
    public void Clock_TenYearsAhead_IsBelievedWhileItLastsAndSaysToLookAtTheDate()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(TestCodes.Valid().Build());
            _folder.Machine.Shift = TimeSpan.FromDays(3650);
            _folder.Time.Advance(Tick);
            Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Expired));
            Assert.That(guard.Current.GetAdvice(LicenseLanguage.English), Does.StartWith("Look at the date"));
            Assert.That(Kinds(guard), Does.Contain(LicenseNoticeKind.ClockSuspect));
        }

        _folder.Machine.Shift = TimeSpan.Zero;
        using var next = _folder.Open();
        Assert.That(next.Current.IsValid, Is.True);
    }

    [Test]
    public void Clock_OwnMark_OutlivesTheProcess()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(Code(issued: 0));
            for (var hour = 0; hour < 240; hour++)
            {
                _folder.Time.Advance(TimeSpan.FromHours(1));
            }
        }

        _folder.Machine.Shift = TimeSpan.FromDays(-5);
        using var next = _folder.Open();

        Assert.That(next.Current.Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack));
    }

    [Test]
    public void Clock_OfADeviceWithoutABattery_RunsFromTheLastKnownTime()
    {
        using (var guard = _folder.Open(options => options.Clock = ClockPolicy.RunFromLastKnownTime))
        {
            guard.Install(Code(issued: 0, ends: 10));
        }

        _folder.Machine.Shift = TimeSpan.FromDays(-20_000);
        using var next = _folder.Open(options => options.Clock = ClockPolicy.RunFromLastKnownTime);
        Assert.That(next.Current.IsValid, Is.True);
        Assert.That(next.Install(Code(gen: 2, issued: 5, ends: 11)).IsValid, Is.True, "there is no clock by which this one could be ahead");

        _folder.Time.Advance(TimeSpan.FromDays(7));
        Assert.That(next.Current.Outcome, Is.EqualTo(LicenseOutcome.Frozen));
    }

    // It starts in 1970, and its first code has no list.
    [Test]
    public void Clock_OfADeviceWithoutABattery_TheFirstCodeTellsTheTime()
    {
        _folder.Machine.Shift = DateTimeOffset.UnixEpoch - _folder.Time.GetUtcNow();
        using var guard = _folder.Open(options => options.Clock = ClockPolicy.RunFromLastKnownTime);
        guard.Install(TestCodes.Valid().Without("status").Build());

        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Notices_TheClockIsBehindTheFirstCode_SaysSinceWhenItWasMade()
    {
        _folder.Machine.Shift = TimeSpan.FromDays(-3650);
        using var guard = _folder.Open();
        guard.Install(Code(issued: -100));

        var notice = guard.Notices.Single(notice => notice.Kind == LicenseNoticeKind.ClockSuspect);
        Assert.That(notice.Since, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now - (100 * Day))));
    }

    [Test]
    public void Install_LicensesBoughtAhead_DoNotDriveOutWhatIsInUse()
    {
        using var guard = _folder.Open();
        guard.Install(Code(license: "lic_now", ends: 10));
        for (var year = 1; year <= 10; year++)
        {
            guard.Install(Code(license: $"lic_{year}", begins: 365 * year, ends: 365 * (year + 1)));
        }

        Assert.That((guard.Current.Outcome, guard.Current.License!.LicenseId), Is.EqualTo((LicenseOutcome.Valid, "lic_now")));
    }

    // A window's thread has ended, or drops what is posted to it: the next one that serves tells all.
    [Test]
    public void OutcomeChanged_TheContextDropsAPost_ComesWithTheNext()
    {
        var context = new RecordingContext();
        SynchronizationContext.SetSynchronizationContext(context);
        using var guard = _folder.Open();
        SynchronizationContext.SetSynchronizationContext(null);
        var changes = new List<LicenseOutcome>();
        guard.OutcomeChanged += (_, change) => changes.Add(change.Current.Outcome);
        guard.Install(Code(ends: 1));
        _folder.Time.Advance(TimeSpan.FromDays(1) + Tick);
        Assert.That(context.Posted, Has.Count.EqualTo(2));

        context.Posted[1]();

        Assert.That(changes, Is.EqualTo((LicenseOutcome[])[LicenseOutcome.Valid, LicenseOutcome.Frozen]));
    }

    // A drive that does not answer: the program ends all the same.
    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public void Dispose_TheStoreHangs_Ends()
    {
        using var hung = new ManualResetEventSlim();
        var store = new HostStore();
        var guard = _folder.Open(options => options.Store = store);
        store.Before = hung.Wait;

        guard.Dispose();

        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.NotActivated));
        hung.Set();
        store.Before = null;
    }

    [Test]
    public void Tick_SomethingUnforeseenIsThrown_EndsNobodysProcess()
    {
        var clock = new ThrowingTime(_folder.Machine);
        using var guard = _folder.Open(options => options.Verifier.TimeProvider = clock);
        guard.Install(Code(ends: 1));
        clock.Throws = true;
        Assert.That(() => _folder.Time.Advance(TimeSpan.FromDays(1)), Throws.Nothing);
        clock.Throws = false;
        _folder.Time.Advance(Tick);

        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Frozen));
    }

    [Test]
    public void OutcomeChanged_ComesOncePerChange_AlsoByTheClock()
    {
        using var guard = _folder.Open();
        var changes = new List<(LicenseOutcome, LicenseOutcome)>();
        guard.OutcomeChanged += (_, _) => throw new InvalidOperationException("harms nobody");
        guard.OutcomeChanged += (_, change) => changes.Add((change.Previous, change.Current.Outcome));

        guard.Install(Code(ends: 1));
        guard.Install(Code(ends: 1));
        _folder.Time.Advance(TimeSpan.FromDays(1) + Tick);
        _folder.Time.Advance(TimeSpan.FromHours(1));

        Assert.That(changes, Is.EqualTo(((LicenseOutcome, LicenseOutcome)[])
            [(LicenseOutcome.NotActivated, LicenseOutcome.Valid), (LicenseOutcome.Valid, LicenseOutcome.Frozen)]));
    }

    [Test]
    public void OutcomeChanged_ComesOnTheContextOfOpen()
    {
        var context = new RecordingContext();
        SynchronizationContext.SetSynchronizationContext(context);
        LicenseGuard guard;
        try
        {
            guard = _folder.Open();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        using (guard)
        {
            var told = 0;
            guard.OutcomeChanged += (_, _) => told++;
            guard.Install(TestCodes.Valid().Build());
            Assert.That((told, context.Posted.Count), Is.EqualTo((0, 1)));

            context.Posted[0]();
            Assert.That(told, Is.EqualTo(1));
        }
    }

    [Test]
    public void Notices_OfEndsAndLists_ComeInTimeInBothLanguages()
    {
        using var guard = _folder.Open(options => options.WarnBefore = TimeSpan.FromDays(5));
        guard.Install(GuardFolder.File(Code(ends: 20), TestStatusLists.With(0).With("exp", TestCodes.Now + (10 * Day)).Build()));
        Assert.That(guard.Notices, Is.Empty);

        _folder.Time.Advance(TimeSpan.FromDays(8));
        Assert.That(Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.StatusListEndsSoon]));
        _folder.Time.Advance(TimeSpan.FromDays(3));
        Assert.That(Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.StatusUnknown]));
        _folder.Time.Advance(TimeSpan.FromDays(4));
        Assert.That(Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.ExpiresSoon, LicenseNoticeKind.StatusUnknown]));
        Assert.That(guard.Notices[0].Since, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now + (15 * Day))));
        Assert.That(guard.Notices[0].GetText(LicenseLanguage.English), Does.Contain("2026-06-21T00:00:00Z"));
        Assert.That(guard.Notices[0].GetAdvice(LicenseLanguage.Chinese), Does.Contain("续费"));
    }

    [Test]
    public void Notices_OfALease_ComeInItsLastQuarter()
    {
        using var guard = _folder.Open(options => options.DeviceFingerprints = ["board"]);
        guard.Install(TestCodes.Valid().Without("status").With("iat", TestCodes.Now).With("exp", TestCodes.Now + (4 * 3600)).With("lease", "true")
            .With("term", TestCodes.ExpiresAt).BoundTo("board").Build());
        Assert.That(guard.Notices, Is.Empty);

        _folder.Time.Advance(TimeSpan.FromHours(3));
        Assert.That(Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.LeaseEndsSoon]));
    }

    [Test]
    public void Notices_EveryKind_HasTextsInBothLanguages()
    {
        foreach (var kind in Enum.GetValues<LicenseNoticeKind>())
        {
            var notice = new LicenseNotice(kind, DateTimeOffset.UnixEpoch, "SUBJECT");
            foreach (var language in Enum.GetValues<LicenseLanguage>())
            {
                Assert.That(notice.GetText(language), Does.Contain("SUBJECT").Or.Contain("1970-01-01T00:00:00Z"), $"{kind}");
                Assert.That(notice.GetAdvice(language), Is.Not.Empty, $"{kind}");
            }
        }
    }

    [Test]
    public void GetSupportReport_HoldsNoSecretAndNoName()
    {
        using var guard = _folder.Open(options => (options.DeviceFingerprints, options.DeviceName) = (["board-4711"], "Reception"));
        var code = TestCodes.Valid().With("cn", "\"Ann's Company\"").BoundTo("board-4711").Build();
        guard.Install(code);
        var report = guard.GetSupportReport();

        Assert.That(report, Does.Contain(TestCodes.LicenseId).And.Contain("Valid").And.Contain("1 of 1 properties found").And.Contain(Path.GetDirectoryName(_folder.StorePath)!));
        foreach (var secret in (string[])[code, code.Split('.')[2], "board-4711", "Reception", "Ann's Company", guard.Current.License!.DeviceIds[0]])
        {
            Assert.That(report, Does.Not.Contain(secret));
        }
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public void Reads_From32ThreadsWhileInstallingAndDisposing_Answer()
    {
        var guard = _folder.Open();
        guard.Install(TestCodes.Valid().Build());
        using var go = new ManualResetEventSlim();
        var threads = Enumerable.Range(0, 32).Select(number => Task.Factory.StartNew(
            () =>
            {
                go.Wait();
                for (var round = 0; round < 2000; round++)
                {
                    Assert.That(guard.Current.IsValid, Is.True);
                    if (number == 0 && round % 50 == 0)
                    {
                        guard.Install(Code(license: $"lic_{round}", ends: 400 + round));
                    }

                    if (number == 1 && round % 100 == 0)
                    {
                        _ = guard.Notices;
                        _ = guard.GetSupportReport();
                        _folder.Time.Advance(Tick);
                    }

                    if (number == 2 && round == 1500)
                    {
                        guard.Dispose();
                    }
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        go.Set();
        Task.WaitAll(threads);

        guard.Dispose();
        Assert.That(guard.Current.IsValid, Is.True);
    }

    [Test]
    public void Current_AllocatesNothing()
    {
        using var guard = _folder.Open(options => options.Verifier.TimeProvider = new StoppedClock(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now)));
        guard.Install(GuardFolder.File(TestCodes.Valid().Build(), TestStatusLists.With(0).Build()));
        Assert.That(guard.Current.IsValid, Is.True);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = guard.Current;
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static string Code(string? license = null, int gen = 1, int issued = -100, int ends = 200, int? begins = null)
    {
        var code = TestCodes.Valid().With("sub", $"\"{license ?? TestCodes.LicenseId}\"").With("gen", gen)
            .With("iat", TestCodes.Now + (issued * Day)).With("exp", TestCodes.Now + (ends * Day));
        return (begins is { } days ? code.With("nbf", TestCodes.Now + (days * Day)) : code).Build();
    }

    // Without the one that every code without a list has.
    private static LicenseNoticeKind[] Kinds(LicenseGuard guard) =>
        [.. guard.Notices.Select(notice => notice.Kind).Where(kind => kind != LicenseNoticeKind.StatusUnknown || guard.Current.Status.List is not null)];

    // While another process has the store's file open for itself alone.
    private T Held<T>(Func<T> action)
    {
        using var held = new FileStream(_folder.StorePath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        return action();
    }

    private void AssertRefused(Action<LicenseGuardOptions> change, string member) =>
        Assert.That(() => _folder.Open(change), Throws.ArgumentException.With.Property("ParamName").EqualTo(member).And.Message.Contains(member));

    private static IEnumerable<string> Throwing()
    {
        yield return "board";
        throw new NotSupportedException();
    }

    private sealed class HostStore : LicenseStore
    {
        public byte[]? Bytes { get; private set; }

        public bool Throws { get; set; }

        public Action? Before { get; set; }

        public override byte[]? Read() => Throws ? throw new InvalidOperationException() : Bytes;

        public override bool TryUpdate(Func<byte[]?, byte[]?> update)
        {
            Before?.Invoke();
            Bytes = update(Read()) ?? Bytes;
            return true;
        }
    }

    private sealed class ThrowingTime(TimeProvider inner) : TimeProvider
    {
        public bool Throws { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => Throws ? throw new InvalidOperationException() : inner.GetUtcNow();

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class RecordingContext : SynchronizationContext
    {
        public List<Action> Posted { get; } = [];

        public override void Post(SendOrPostCallback d, object? state) => Posted.Add(() => d(state));
    }
}
