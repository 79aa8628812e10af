using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

public sealed class LicenseVerifierTimeTests : LicenseVerifierTestBase
{
    private const long NotBefore = TestCodes.IssuedAt + (30 * 86400);

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    public void Check_AroundTheEnd_IsHalfOpenWithoutLeeway()
    {
        var code = TestCodes.Valid().Build();

        Assert.That(OutcomeAt(code, At(TestCodes.ExpiresAt) - Tick), Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(OutcomeAt(code, At(TestCodes.ExpiresAt)), Is.EqualTo(LicenseOutcome.Frozen));
    }

    [Test]
    public void Check_AroundTheEndOfGrace_IsHalfOpenWithoutLeeway()
    {
        var code = TestCodes.Valid().Build();
        var end = At(TestCodes.ExpiresAt + TestCodes.GraceSeconds);

        Assert.That(OutcomeAt(code, end - Tick), Is.EqualTo(LicenseOutcome.Frozen));
        Assert.That(OutcomeAt(code, end), Is.EqualTo(LicenseOutcome.Expired));
    }

    [Test]
    public void Check_NoGrace_ExpiresAtOnce()
    {
        var code = TestCodes.Valid().Without("grace").Build();

        Assert.That(OutcomeAt(code, At(TestCodes.ExpiresAt) - Tick), Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(OutcomeAt(code, At(TestCodes.ExpiresAt)), Is.EqualTo(LicenseOutcome.Expired));
    }

    [Test]
    public void Check_AroundTheBeginning_GivesFiveMinutesOfLeeway()
    {
        var code = TestCodes.Valid().With("nbf", NotBefore).Build();

        Assert.That(OutcomeAt(code, At(NotBefore - 300) - Tick), Is.EqualTo(LicenseOutcome.NotYetValid));
        Assert.That(OutcomeAt(code, At(NotBefore - 300)), Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Check_AroundADayBeforeIssue_NoticesAClockThatWentBack()
    {
        var code = TestCodes.Valid().Build();

        Assert.That(OutcomeAt(code, At(TestCodes.IssuedAt - 86400) - Tick), Is.EqualTo(LicenseOutcome.ClockRolledBack));
        Assert.That(OutcomeAt(code, At(TestCodes.IssuedAt - 86400)), Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Check_SameTextAsTimePasses_IsJudgedAnewOnEveryCall()
    {
        var code = TestCodes.Valid().With("nbf", NotBefore).Build();
        long[] instants = [TestCodes.IssuedAt - 86401, TestCodes.IssuedAt, NotBefore, TestCodes.ExpiresAt, TestCodes.ExpiresAt + TestCodes.GraceSeconds, NotBefore];

        Assert.That(
            instants.Select(instant => OutcomeAt(code, At(instant))),
            Is.EqualTo((LicenseOutcome[])[
                LicenseOutcome.ClockRolledBack, LicenseOutcome.NotYetValid, LicenseOutcome.Valid, LicenseOutcome.Frozen, LicenseOutcome.Expired,
                LicenseOutcome.Valid]));
    }

    [Test]
    public void Check_ClockWithAnOffset_ComparesInstants()
    {
        var code = TestCodes.Valid().Build();

        Assert.That(OutcomeAt(code, At(TestCodes.ExpiresAt).ToOffset(TimeSpan.FromHours(-12))), Is.EqualTo(LicenseOutcome.Frozen));
    }

    [Test]
    public void Check_EndOfTheYear9999_WorksAndItsGraceSaturates()
    {
        var code = TestCodes.Valid().With("exp", KeyCertificate.LatestSecond).Build();

        Assert.That(OutcomeAt(code, At(KeyCertificate.LatestSecond) - Tick), Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(OutcomeAt(code, At(KeyCertificate.LatestSecond)), Is.EqualTo(LicenseOutcome.Frozen));
        Assert.That(Verifier.Check(code).License?.GraceEndsAt, Is.EqualTo(DateTimeOffset.MaxValue));
    }

    [Test]
    public void Check_InstantAfterTheYear9999_IsMalformed()
    {
        foreach (var claim in (string[])["iat", "nbf", "exp"])
        {
            AssertRefused(TestCodes.Valid().With(claim, KeyCertificate.LatestSecond + 1).Build(), CodeFaultReason.InvalidMember, claim);
            AssertRefused(TestCodes.Valid().With(claim, -1).Build(), CodeFaultReason.InvalidMember, claim);
        }
    }

    [Test]
    public void Check_FirstAndLastPossibleClock_NeverThrows()
    {
        foreach (var code in (TestCodes[])[TestCodes.Valid(), TestCodes.Valid().With("nbf", 0), TestCodes.Valid().With("exp", 0)])
        {
            var text = code.Build();
            Assert.That(OutcomeAt(text, DateTimeOffset.MaxValue), Is.EqualTo(LicenseOutcome.Expired));
            var early = new LicenseVerifier(
                TestCodes.RootLine(), TestCodes.Product, new LicenseVerifierOptions { TimeProvider = new StoppedClock(DateTimeOffset.MinValue) });
            Assert.That(early.Check(text).Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack));
        }
    }

    [TestCase(TestCodes.CertificateNotBefore - 1, false)]
    [TestCase(TestCodes.CertificateNotBefore, true)]
    [TestCase(TestCodes.CertificateNotAfter - 1, true)]
    [TestCase(TestCodes.CertificateNotAfter, false)]
    public void Check_IssuedAtTheEdgesOfTheCertificate_IsTrustedInsideOnly(long issuedAt, bool trusted)
    {
        var code = TestCodes.Valid().With("iat", issuedAt).Without("exp").Without("grace").Build();
        Clock.SetUtcNow(At(TestCodes.CertificateNotAfter));

        if (trusted)
        {
            Assert.That(Verifier.Check(code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        }
        else
        {
            AssertRefused(code, CodeFaultReason.OutsideWindow);
            Assert.That(Verifier.Check(code).Outcome, Is.EqualTo(LicenseOutcome.UntrustedKey));
        }
    }

    [Test]
    public void Check_LongAfterTheCertificateEnded_PerpetualCodeStaysValid() => Assert.That(
        OutcomeAt(TestCodes.Valid().Without("exp").Without("grace").Build(), At(TestCodes.CertificateNotAfter).AddYears(100)),
        Is.EqualTo(LicenseOutcome.Valid));

    [Test]
    public void Check_CertificateUntilTheEndOfTheYear9999_Works() => Assert.That(
        OutcomeOf(TestCodes.Valid().WithWindow(0, KeyCertificate.LatestSecond + 1)), Is.EqualTo(LicenseOutcome.Valid));

    [Test]
    public void Check_AroundTheEndOfALease_IsHalfOpenAndSaysToConnect()
    {
        var end = TestCodes.Now + 86400;
        var code = TestCodes.Valid().With("exp", end).With("lease", "true").With("term", TestCodes.ExpiresAt).Build();

        Assert.That(OutcomeAt(code, At(end) - Tick), Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(OutcomeAt(code, At(end)), Is.EqualTo(LicenseOutcome.Frozen));
        var check = Verifier.Check(code);
        Assert.That(check.License!.IsLeased, Is.True);
        Assert.That(check.License.TermEndsAt, Is.EqualTo(At(TestCodes.ExpiresAt)));
        Assert.That(check.GetAdvice(LicenseLanguage.English), Does.StartWith("Connect this computer to the network"));
        Assert.That(check.GetAdvice(LicenseLanguage.Chinese), Does.Contain("连接网络"));
        Assert.That(check.GetEvidence(LicenseLanguage.English), Does.Contain("lease").And.Contain("2026-06-02T00:00:00Z (exp)").And.Contain("2027-01-01T00:00:00Z (term)"));

        // From the end of the license on it is as with any other code.
        Assert.That(OutcomeAt(code, At(TestCodes.ExpiresAt) - Tick), Is.EqualTo(LicenseOutcome.Frozen));
        Assert.That(OutcomeAt(code, At(TestCodes.ExpiresAt)), Is.EqualTo(LicenseOutcome.Frozen));
        Assert.That(Verifier.Check(code).GetAdvice(LicenseLanguage.English), Does.StartWith("Renew"));
        Assert.That(OutcomeAt(code, At(TestCodes.ExpiresAt + TestCodes.GraceSeconds)), Is.EqualTo(LicenseOutcome.Expired));
        Assert.That(Verifier.Check(code).GetEvidence(LicenseLanguage.English), Does.Contain("expired at 2027-01-01T00:00:00Z"));
    }

    [Test]
    public void Check_LeasedCodeThatIsValid_DoesNotSayThatTheLicenseEndsWithTheLease()
    {
        var code = TestCodes.Valid().With("exp", TestCodes.Now + 60).With("lease", "true").With("term", TestCodes.ExpiresAt).Build();

        Assert.That(OutcomeAt(code, At(TestCodes.Now)), Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(Verifier.Check(code).GetEvidence(LicenseLanguage.English), Does.Contain("lease").And.Not.Contain("valid until"));
    }

    [Test]
    public void Check_LeaseOnAPerpetualLicense_IsNeverExpired()
    {
        var code = TestCodes.Valid().With("exp", TestCodes.Now).Without("grace").With("lease", "true").Build();

        Assert.That(OutcomeAt(code, At(TestCodes.Now).AddYears(100)), Is.EqualTo(LicenseOutcome.Frozen));
        var check = Verifier.Check(code);
        Assert.That(check.License!.TermEndsAt, Is.Null);
        Assert.That(check.GetEvidence(LicenseLanguage.English), Does.Contain("does not expire"));
        Assert.That(check.GetEvidence(LicenseLanguage.Chinese), Does.Contain("永久有效"));
    }

    [Test]
    public void Check_LeaseThatMakesNoSense_IsMalformed()
    {
        AssertRefused(TestCodes.Valid().Without("exp").With("lease", "true").Build(), CodeFaultReason.InvalidMember, "lease");
        AssertRefused(TestCodes.Valid().With("lease", "false").Build(), CodeFaultReason.InvalidMember, "lease");
        AssertRefused(TestCodes.Valid().With("term", TestCodes.ExpiresAt).Build(), CodeFaultReason.InvalidMember, "term");
        AssertRefused(TestCodes.Valid().With("lease", "true").With("term", TestCodes.ExpiresAt - 1).Build(), CodeFaultReason.InvalidMember, "term");
        AssertRefused(TestCodes.Valid().With("lease", "true").With("term", "\"x\"").Build(), CodeFaultReason.InvalidMember, "term");
        Assert.That(OutcomeOf(TestCodes.Valid().With("lease", "true").With("term", TestCodes.ExpiresAt)), Is.EqualTo(LicenseOutcome.Valid), "both end together");
    }

    [Test]
    public void Check_AroundTheEndOfAList_IsHalfOpenWithoutLeeway()
    {
        var verifier = CreateVerifier(new LicenseVerifierOptions { RequireStatus = true });
        var list = verifier.CheckStatusList(TestStatusLists.With(0).Build()).List!;
        var code = TestCodes.Valid().Build();

        Clock.AdjustTime(list.ExpiresAt - Tick);
        Assert.That(verifier.Check(code, list, null).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Clock.AdjustTime(list.ExpiresAt);
        Assert.That(verifier.Check(code, list, null).Outcome, Is.EqualTo(LicenseOutcome.StatusListTooOld));
        Assert.That(verifier.Check(code, list, null).StatusUnknownSince, Is.EqualTo(list.ExpiresAt));
        Assert.That(Verifier.Check(code, list, null).IsValid, Is.True, "where the status is not demanded");
    }

    // 2028-02-29 to 2029-02-28 and 2029-03-01: calendars differ, seconds do not.
    [TestCase("2028-02-29T00:00:00Z")]
    [TestCase("2029-02-28T23:59:59Z")]
    [TestCase("2029-03-01T00:00:00Z")]
    public void Check_EndAroundALeapDay_IsTheVerySecond(string end)
    {
        var instant = DateTimeOffset.Parse(end, null);
        var code = TestCodes.Valid().With("exp", instant.ToUnixTimeSeconds()).Build();
        var lease = TestCodes.Valid().With("exp", instant.ToUnixTimeSeconds()).With("lease", "true").Build();

        Assert.That(OutcomeAt(code, instant - Tick), Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(OutcomeAt(code, instant), Is.EqualTo(LicenseOutcome.Frozen));
        Assert.That(OutcomeAt(lease, instant - Tick), Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(OutcomeAt(lease, instant), Is.EqualTo(LicenseOutcome.Frozen));
        Assert.That(Verifier.Check(code).GetEvidence(LicenseLanguage.English), Does.Contain(end));
    }

    // The clock is set back, seen from the moment at which list and code were made.
    [TestCase(1, LicenseOutcome.Valid)]
    [TestCase(86400, LicenseOutcome.Valid)]
    [TestCase(86401, LicenseOutcome.ClockRolledBack)]
    [TestCase(365 * 86400, LicenseOutcome.ClockRolledBack)]
    public void Check_ClockGoesBack_IsNoticedByTheNewestSignedTime(int seconds, LicenseOutcome expected)
    {
        var verifier = CreateVerifier(new LicenseVerifierOptions { RequireStatus = true });
        var list = verifier.CheckStatusList(TestStatusLists.With(0).Build()).List!;
        var old = TestCodes.Valid().Build();
        var made = TestCodes.Valid().With("iat", TestStatusLists.IssuedAt).Build();

        Clock.AdjustTime(list.IssuedAt - TimeSpan.FromSeconds(seconds));

        Assert.That(verifier.Check(made, list, null).Outcome, Is.EqualTo(expected));
        Assert.That(verifier.Check(old, list, null).Outcome, Is.EqualTo(expected), "by the list's time, as the code is older");
        if (expected == LicenseOutcome.ClockRolledBack)
        {
            Assert.That(
                verifier.Check(old, list, null).GetEvidence(LicenseLanguage.English), Does.Contain("status list").And.Contain("2026-05-31T00:00:00Z (iat)"));
        }
    }

    // One wild jump locks nobody out: the verifier remembers no time.
    [Test]
    public void Check_ClockGoesTenYearsAheadAndBack_IsAsBefore()
    {
        var verifier = CreateVerifier(new LicenseVerifierOptions { RequireStatus = true });
        var list = verifier.CheckStatusList(TestStatusLists.With(0).Build()).List!;
        var code = TestCodes.Valid().Build();
        var perpetual = TestCodes.Valid().Without("exp").Without("grace").Build();

        Clock.AdjustTime(At(TestCodes.Now).AddYears(10));
        Assert.That(verifier.Check(code, list, null).Outcome, Is.EqualTo(LicenseOutcome.Expired));
        Assert.That(verifier.Check(perpetual, list, null).Outcome, Is.EqualTo(LicenseOutcome.StatusListTooOld));
        Assert.That(Verifier.Check(perpetual, list, null).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Clock.AdjustTime(At(TestCodes.Now));
        Assert.That(verifier.Check(code, list, null).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(verifier.Check(perpetual, list, null).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    private LicenseOutcome OutcomeAt(string code, DateTimeOffset now)
    {
        // The fake clock refuses to go back unless it is told that it was adjusted.
        Clock.AdjustTime(now);
        return Verifier.Check(code).Outcome;
    }
}
