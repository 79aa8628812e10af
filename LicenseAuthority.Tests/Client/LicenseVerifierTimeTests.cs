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

    private LicenseOutcome OutcomeAt(string code, DateTimeOffset now)
    {
        // The fake clock refuses to go back unless it is told that it was adjusted.
        Clock.AdjustTime(now);
        return Verifier.Check(code).Outcome;
    }
}
