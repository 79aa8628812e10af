using System.Collections.Concurrent;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Client.Fingerprints;
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
        guard.Install(GuardFolder.Code(gen: 2, issued: -10, ends: 100));
        guard.Install(GuardFolder.Code(gen: 1, issued: -20, ends: 300));

        Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));
    }

    [Test]
    public void Install_LicensesOneAfterTheOther_LieBesideEachOther()
    {
        using var guard = _folder.Open();
        for (var number = 1; number <= 12; number++)
        {
            guard.Install(GuardFolder.Code(license: $"lic_{number}", ends: number));
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
        guard.Install(GuardFolder.Code(license: "lic_future", ends: 900, begins: 30));
        guard.Install(GuardFolder.Code(license: "lic_now", ends: 10));

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
        guard.Install(GuardFolder.Code(gen: 1, issued: -10, ends: 100));
        var ahead = GuardFolder.Code(gen: 2, issued: 40, ends: 300);

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
        guard.Install(GuardFolder.File(GuardFolder.Code(gen: 2, issued: -10, ends: 100), TestStatusLists.With(1).Build()));
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
            Assert.That(GuardFolder.Kinds(guard), Does.Contain(LicenseNoticeKind.UpdateSoftware));
        }

        using var next = _folder.Open();
        Assert.That(next.Current.Outcome, Is.EqualTo(LicenseOutcome.UntrustedKey), "the code is kept: it still shows who asks for a new one");
        var fresh = TestCodes.Valid().With("gen", 2).SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 5, TestCodes.CertificateSerial + 5);
        Assert.That(next.Install(fresh.Build()).IsValid, Is.True);
        Assert.That(next.Current.IsValid, Is.True);
    }

    [Test]
    public void Clock_ThreeDaysBack_IsRolledBackUntilItIsRight()
    {
        using var guard = _folder.Open();
        guard.Install(GuardFolder.Code(issued: 0));
        _folder.Machine.Shift = TimeSpan.FromDays(-3);
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack));
        Assert.That(guard.Current.GetEvidence(LicenseLanguage.English), Does.Contain("2026-06-01T00:00:00Z"));
        Assert.That(GuardFolder.Kinds(guard), Does.Contain(LicenseNoticeKind.ClockSuspect));

        _folder.Machine.Shift = TimeSpan.Zero;
        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That(GuardFolder.Kinds(guard), Does.Not.Contain(LicenseNoticeKind.ClockSuspect));
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
            Assert.That(GuardFolder.Kinds(guard), Does.Contain(LicenseNoticeKind.ClockSuspect));
        }

        _folder.Machine.Shift = TimeSpan.Zero;
        using var next = _folder.Open();
        Assert.That(next.Current.IsValid, Is.True);
    }

    // The user has set the clock right, and is told to set it right: there must be something else to do.
    [Test]
    public void Clock_AWeekWithAWrongYear_TheAdviceNamesTheWayOutAndOneFileIsIt()
    {
        using var guard = _folder.Open();
        guard.Install(GuardFolder.File(TestCodes.Valid().Build(), TestStatusLists.With(0).Build()));
        _folder.Machine.Shift = TimeSpan.FromDays(365);
        for (var hour = 0; hour < 7 * 24; hour++)
        {
            _folder.Time.Advance(TimeSpan.FromHours(1));
        }

        _folder.Machine.Shift = TimeSpan.Zero;
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack));
        Assert.That(guard.Current.GetAdvice(LicenseLanguage.English), Does.Contain("newer license file"));
        Assert.That(guard.Current.GetAdvice(LicenseLanguage.Chinese), Does.Contain("新的许可文件"));
        Assert.That(guard.Notices.Single(notice => notice.Kind == LicenseNoticeKind.ClockSuspect).GetAdvice(LicenseLanguage.English), Does.Contain("newer license file"));

        var now = _folder.Time.GetUtcNow().ToUnixTimeSeconds();
        var list = TestStatusLists.With(0).With("seq", 99).With("iat", now - 3600).With("exp", now + (30 * Day)).Build();
        guard.Install(GuardFolder.File(TestCodes.Valid().Build(), list));
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Clock_OwnMark_OutlivesTheProcess()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(GuardFolder.Code(issued: 0));
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
            guard.Install(GuardFolder.Code(issued: 0, ends: 10));
        }

        _folder.Machine.Shift = TimeSpan.FromDays(-20_000);
        using var next = _folder.Open(options => options.Clock = ClockPolicy.RunFromLastKnownTime);
        Assert.That(next.Current.IsValid, Is.True);
        Assert.That(next.Install(GuardFolder.Code(gen: 2, issued: 5, ends: 11)).IsValid, Is.True, "there is no clock by which this one could be ahead");

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
        guard.Install(GuardFolder.Code(issued: -100));

        var notice = guard.Notices.Single(notice => notice.Kind == LicenseNoticeKind.ClockSuspect);
        Assert.That(notice.Since, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now - (100 * Day))));
    }

    [Test]
    public void Install_LicensesBoughtAhead_DoNotDriveOutWhatIsInUse()
    {
        using var guard = _folder.Open();
        guard.Install(GuardFolder.Code(license: "lic_now", ends: 10));
        for (var year = 1; year <= 10; year++)
        {
            guard.Install(GuardFolder.Code(license: $"lic_{year}", begins: 365 * year, ends: 365 * (year + 1)));
        }

        Assert.That((guard.Current.Outcome, guard.Current.License!.LicenseId), Is.EqualTo((LicenseOutcome.Valid, "lic_now")));
    }

    // The authority's clock ran ahead when it signed a list: licensed software, whose own clock is right, was locked out for as long as that, whatever came later.
    [Test]
    public void Install_AListSignedByAClockThatWasAhead_LocksNobodyOutOnceALaterOneHasCome([Values(3, 300)] int days)
    {
        using (var guard = _folder.Open())
        {
            guard.Install(GuardFolder.File(GuardFolder.Code(), List(seq: 7, signed: -1)));

            guard.Install(GuardFolder.File(GuardFolder.Code(), List(seq: 8, signed: days)));
            Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack), "of the list and the clock one is wrong");

            guard.Install(GuardFolder.File(GuardFolder.Code(), List(seq: 9, signed: 0)));
            Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
        }

        using var next = _folder.Open();
        Assert.That(next.Current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Install_AListOfOtherCodesSignedAhead_TellsNoTime([Values] ClockPolicy clock)
    {
        using var guard = _folder.Open(options => options.Clock = clock);
        guard.Install(GuardFolder.Code());
        var foreign = TestStatusLists.With(0).With("sub", "\"https://license.example.com/licensee/v1/status-lists/2\"")
            .With("iat", TestCodes.Now + (300 * Day)).With("exp", TestCodes.Now + (330 * Day)).Build();

        guard.Install(GuardFolder.File(GuardFolder.Code(), foreign));

        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    // Both clocks were ahead, so the list's time was taken: a later list with an earlier time takes it back.
    [Test]
    public void Install_ALaterListWithAnEarlierTime_TakesBackWhatTheOneBeforeHasTold()
    {
        using (var guard = _folder.Open())
        {
            _folder.Machine.Shift = TimeSpan.FromDays(40);
            guard.Install(GuardFolder.File(GuardFolder.Code(), List(seq: 8, signed: 40)));
            Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
            _folder.Machine.Shift = TimeSpan.Zero;
            Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack));

            guard.Install(GuardFolder.File(GuardFolder.Code(), List(seq: 9, signed: 0)));
            Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
        }

        using var next = _folder.Open();
        Assert.That(next.Current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Install_TheListCallsACodeOverThatWasSignedAhead_ItsTimeFallsWithIt()
    {
        using var guard = _folder.Open();
        _folder.Machine.Shift = TimeSpan.FromDays(40);
        guard.Install(GuardFolder.Code(gen: 2, issued: 40));
        _folder.Machine.Shift = TimeSpan.Zero;
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack));
        var right = TestCodes.Valid().With("gen", 3).With("iat", TestCodes.Now)
            .With("status", "{\"status_list\":{\"idx\":5,\"uri\":\"" + TestStatusLists.Uri + "\"}}").Build();

        guard.Install(GuardFolder.File(right, List(seq: 9, signed: 0, entry: 1)));

        Assert.That((guard.Current.Outcome, guard.Current.License!.Generation), Is.EqualTo((LicenseOutcome.Valid, 3)));
    }

    [Test]
    public void Install_ManyLicensesThatDoNotServeHere_TakeNoPlaceFromOneThatDoes([Values] bool itComesFirst)
    {
        using (var guard = _folder.Open())
        {
            var valid = GuardFolder.Code(license: "lic_valid", ends: 20);
            if (itComesFirst)
            {
                guard.Install(valid);
            }

            for (var i = 0; i < 9; i++)
            {
                guard.Install(TestCodes.Valid().With("sub", $"\"lic_{i}\"").With("act", "true").With("exp", TestCodes.Now + ((100 + i) * Day)).Build());
            }

            if (!itComesFirst)
            {
                Assert.That(guard.Install(valid).IsValid, Is.True);
            }

            Assert.That((guard.Current.Outcome, guard.Current.License!.LicenseId), Is.EqualTo((LicenseOutcome.Valid, "lic_valid")));
        }

        using var next = _folder.Open();
        Assert.That(next.Current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Install_ARenewalThatBeginsLater_LeavesTheCodeThatServesUntilThen([Values] bool itComesFirst)
    {
        var serves = GuardFolder.Code(gen: 1, issued: -100, ends: 20);
        var renewal = GuardFolder.Code(gen: 2, issued: -1, begins: 5);
        using (var guard = _folder.Open())
        {
            guard.Install(itComesFirst ? renewal : serves);
            guard.Install(itComesFirst ? serves : renewal);
            Assert.That((guard.Current.Outcome, guard.Current.License!.Generation), Is.EqualTo((LicenseOutcome.Valid, 1)));
        }

        using var next = _folder.Open();
        Assert.That((next.Current.Outcome, next.Current.License!.Generation), Is.EqualTo((LicenseOutcome.Valid, 1)));

        _folder.Time.Advance(TimeSpan.FromDays(6));
        Assert.That((next.Current.Outcome, next.Current.License!.Generation), Is.EqualTo((LicenseOutcome.Valid, 2)));

        // It has begun, so it takes the place of the other one.
        next.Install(renewal);
        Assert.That(next.Install(serves).License!.Generation, Is.EqualTo(2));
    }

    // A list of the tests' codes; the days are counted from the tests' now.
    private static string List(int seq, int signed, int entry = 0) => TestStatusLists.With(entry).With("seq", seq)
        .With("iat", TestCodes.Now + (signed * Day)).With("exp", TestCodes.Now + ((signed + 30) * Day)).Build();

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
        guard.Install(GuardFolder.Code(ends: 1));
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
        guard.Install(GuardFolder.Code(ends: 1));
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

        guard.Install(GuardFolder.Code(ends: 1));
        guard.Install(GuardFolder.Code(ends: 1));
        _folder.Time.Advance(TimeSpan.FromDays(1) + Tick);
        _folder.Time.Advance(TimeSpan.FromHours(1));

        Assert.That(changes, Is.EqualTo(((LicenseOutcome, LicenseOutcome)[])
            [(LicenseOutcome.NotActivated, LicenseOutcome.Valid), (LicenseOutcome.Valid, LicenseOutcome.Frozen)]));
    }

    // Sleep, hibernation, a suspended virtual machine: the wall clock jumps, the monotonic one stood still.
    [Test]
    public void OutcomeChanged_TheMachineHasSlept_IsRightAtTheNextReadAndToldWithinFiveSeconds()
    {
        using var guard = _folder.Open();
        guard.Install(GuardFolder.Code(ends: 5));
        var changes = new List<LicenseOutcome>();
        guard.OutcomeChanged += (_, change) => changes.Add(change.Current.Outcome);

        _folder.Machine.Shift = TimeSpan.FromDays(6);
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Frozen));
        Assert.That(changes, Is.Empty);

        _folder.Time.Advance(Tick);
        Assert.That(changes, Is.EqualTo((LicenseOutcome[])[LicenseOutcome.Frozen]));
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public void OutcomeChanged_AHandlerWaitsForAnotherThread_HoldsNobodyUp()
    {
        using var guard = _folder.Open();
        var outcomes = new List<LicenseOutcome>();
        guard.OutcomeChanged += (_, change) =>
        {
            outcomes.Add(change.Current.Outcome);
            if (outcomes.Count == 1)
            {
                var other = Task.Run(() => (guard.Install(GuardFolder.File(GuardFolder.Code(gen: 2, issued: -1), TestStatusLists.With(2).Build())), guard.Notices));
                Assert.That(other.Wait(Patience.Length), Is.True);
            }
        };

        guard.Install(GuardFolder.Code());

        Assert.That(outcomes, Is.EqualTo((LicenseOutcome[])[LicenseOutcome.Valid, LicenseOutcome.Suspended]));
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
        guard.Install(GuardFolder.File(GuardFolder.Code(ends: 20), TestStatusLists.With(0).With("exp", TestCodes.Now + (10 * Day)).Build()));
        Assert.That(guard.Notices, Is.Empty);

        _folder.Time.Advance(TimeSpan.FromDays(8));
        Assert.That(GuardFolder.Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.StatusListEndsSoon]));
        _folder.Time.Advance(TimeSpan.FromDays(3));
        Assert.That(GuardFolder.Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.StatusUnknown]));
        _folder.Time.Advance(TimeSpan.FromDays(4));
        Assert.That(GuardFolder.Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.ExpiresSoon, LicenseNoticeKind.StatusUnknown]));
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
        Assert.That(GuardFolder.Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.LeaseEndsSoon]));
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
    public void GetSupportReport_ThePartsOfAMachine_NamesTheKindsThatFitAndNoValue()
    {
        var (before, now) = (MadeUpSystem.Laptop(), MadeUpSystem.Laptop());
        MadeUpSystem.Card(now, "enp0s31f6", "54:e1:ad:99:99:99", assigned: 0, device: "PCI_SLOT_NAME=0000:00:1f.6\n");
        var activated = DeviceFingerprint.Collect(TestCodes.Product, before, LicenseStore.InMemory());
        var given = DeviceFingerprint.Collect(TestCodes.Product, now, LicenseStore.InMemory());
        var options = _folder.Options();
        options.DeviceFingerprints = ["asset-4711", .. given.Values];
        using var guard = LicenseGuard.OpenOn(now, options);
        guard.Install(TestCodes.Valid().BoundTo([.. activated.Values]).With("devk", 3).Build());

        var report = guard.GetSupportReport();

        Assert.That(report, Does.Contain(
            "3 of 4 properties found, 3 needed; found: machine-id, root-disk, root-file-system; not in the code: text 1, network-card\n"));
        Assert.That(report, Does.Contain("5 given: text 1, machine-id, root-disk, root-file-system, network-card\n"));
        string[] secrets = ["asset-4711", .. given.Values, .. activated.Values, .. guard.Current.License!.DeviceIds, "54:e1:ad", "8f2d7f0b1c9a4d63b1e0a5c47d2e9f10", "S64DNF0R123456"];
        foreach (var secret in secrets)
        {
            Assert.That(report, Does.Not.Contain(secret).IgnoreCase);
        }
    }

    [Test]
    public void GetSupportReport_AnIdMadeAtRandom_NamesItsKind([Values] bool isStored)
    {
        var container = MadeUpSystem.Laptop();
        container.Variables["container"] = "podman";
        var store = LicenseStore.InFolder(isStored ? Path.GetDirectoryName(_folder.StorePath)! : "/dev/null/nowhere");
        var given = DeviceFingerprint.Collect(TestCodes.Product, container, store);
        var options = _folder.Options();
        (options.Store, options.DeviceFingerprints) = (store, given.Values);
        using var guard = LicenseGuard.OpenOn(container, options);
        guard.Install(TestCodes.Valid().BoundTo([.. given.Values]).Build());

        Assert.That(guard.GetSupportReport(), Does.Contain("1 of 1 properties found, 1 needed; found: random\n"));
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
                        guard.Install(GuardFolder.Code(license: $"lic_{round}", ends: 400 + round));
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
    [CancelAfter(Patience.Milliseconds)]
    public void Reads_From32ThreadsWhileFetchingAndDisposing_Answer()
    {
        var code = TestCodes.Valid().Build();
        using var authority = new AnsweringAuthority($$"""{"code":"{{code}}","state":"Active","statusList":"{{TestStatusLists.With(0).Build()}}"}""");
        using var client = new HttpClient(authority);
        var guard = _folder.Open(options => (options.Store, options.HttpClient) = (LicenseStore.InMemory(), client));
        guard.Install(code);
        var threads = Enumerable.Range(0, 32).Select(number => Task.Factory.StartNew(
            () =>
            {
                for (var round = 0; round < 2000; round++)
                {
                    Assert.That(guard.Current.IsValid, Is.True);
                    if (number < 4 && round % 100 == 0)
                    {
                        var result = guard.RefreshAsync().GetAwaiter().GetResult();
                        Assert.That(result.Problem, Is.Null.Or.EqualTo("canceled"));
                    }

                    if (number == 4 && authority.Asked > 5)
                    {
                        guard.Dispose();
                    }
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        Task.WaitAll(threads);

        guard.Dispose();
        Assert.That(authority.Asked, Is.Positive);
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

    [Test]
    public void Reads_AMillion_LeaveNothingBehind()
    {
        using var guard = _folder.Open(options => options.Verifier.TimeProvider = new StoppedClock(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now)));
        guard.Install(GuardFolder.File(TestCodes.Valid().Build(), TestStatusLists.With(0).Build()));
        Assert.That(guard.GetLimit("seats"), Is.Not.Null);
        guard.Require();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000_000; i++)
        {
            _ = guard.Current;
            if (i % 10 == 0)
            {
                guard.Require();
                _ = guard.IsEntitled("seats") ? guard.GetLimit("seats") : null;
            }
        }

        // What is done once in a while may take a little; what each read or each tenth one took would be megabytes.
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(64 * 1024));
    }

    [Test]
    public async Task Idle_ForAnHour_WakesUpNoOftenerThanEveryFiveSeconds()
    {
        var time = new CountingTime(_folder.Time);
        using var authority = new SilentAuthority();
        using var client = new HttpClient(authority);
        using (var guard = _folder.Open(options =>
        {
            (options.Online, options.HttpClient) = (true, client);
            options.Verifier.TimeProvider = time;
            options.CodeFile = Path.Combine(_folder.Path, "license.code");
        }))
        {
            guard.Install(TestCodes.Valid().Build());

            // A second at a time, as a fake clock is late for what is due between two steps.
            for (var second = 0; second < 3600; second++)
            {
                _folder.Time.Advance(TimeSpan.FromSeconds(1));
            }

            await authority.Asked.WaitAsync(Patience.Length);
        }

        Assert.That(time.Periods, Is.EqualTo((TimeSpan[])[Tick]), "what ends a call that takes too long is no wake-up, and comes once");
        Assert.That(time.WakeUps, Is.InRange(700, 3600 / 5), "of a timer that goes on");
    }

    private void AssertRefused(Action<LicenseGuardOptions> change, string member) =>
        Assert.That(() => _folder.Open(change), Throws.ArgumentException.With.Property("ParamName").EqualTo(member).And.Message.Contains(member));

    private static IEnumerable<string> Throwing()
    {
        yield return "board";
        throw new NotSupportedException();
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

    /// <summary>Counts what timers do that go on, and notes how often that is to be.</summary>
    private sealed class CountingTime(TimeProvider inner) : TimeProvider
    {
        private int _wakeUps;

        public int WakeUps => Volatile.Read(ref _wakeUps);

        public ConcurrentQueue<TimeSpan> Periods { get; } = new();

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (period == Timeout.InfiniteTimeSpan)
            {
                return inner.CreateTimer(callback, state, dueTime, period);
            }

            Periods.Enqueue(period);
            return inner.CreateTimer(
                it =>
                {
                    Interlocked.Increment(ref _wakeUps);
                    callback(it);
                },
                state, dueTime, period);
        }
    }

    private sealed class AnsweringAuthority(string answer) : HttpMessageHandler
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            return Task.FromResult(new HttpResponseMessage { RequestMessage = request, Content = new StringContent(answer) });
        }
    }

    private sealed class SilentAuthority : HttpMessageHandler
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            return Task.FromException<HttpResponseMessage>(new HttpRequestException("Nobody is there."));
        }
    }

    private sealed class RecordingContext : SynchronizationContext
    {
        public List<Action> Posted { get; } = [];

        public override void Post(SendOrPostCallback d, object? state) => Posted.Add(() => d(state));
    }
}
