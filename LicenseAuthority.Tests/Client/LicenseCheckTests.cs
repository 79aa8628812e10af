using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

public sealed class LicenseCheckTests : LicenseVerifierTestBase
{
    [Test]
    public void Default_NeverChecked_IsARefusalWithTexts()
    {
        LicenseCheck check = default;

        Assert.That(check.IsValid, Is.False);
        Assert.That(check.License, Is.Null);
        AssertTexts(check);
    }

    [Test]
    public void GetEvidence_EveryReasonOfAFault_HasATextInBothLanguages()
    {
        var reasons = Enum.GetValues<CodeFaultReason>();
        var certificate = CertificateOf(TestCodes.Valid());
        foreach (var reason in reasons)
        {
            CodeFault[] faults =
            [
                CodeFault.At(reason, CodePart.Header, 7),
                CodeFault.In(reason, CodePart.Payload, "qty"),
                CodeFault.Untrusted(reason, certificate, 1, 2),
            ];
            // Out of the window is only ever told of a certificate.
            foreach (var fault in reason == CodeFaultReason.OutsideWindow ? faults[2..] : faults)
            {
                AssertTexts(new LicenseCheck(At(TestCodes.Now), fault));
            }
        }
    }

    [Test]
    public void GetAdvice_EveryOutcome_HasADifferentTextInBothLanguages()
    {
        var outcomes = Enum.GetValues<LicenseOutcome>();
        foreach (var language in Enum.GetValues<LicenseLanguage>())
        {
            Assert.That(outcomes.Select(outcome => LicenseTexts.Advice(outcome, language)), Is.Unique.And.None.Empty);
        }
    }

    [Test]
    public void GetEvidence_Frozen_NamesDatesAndClaims()
    {
        Clock.SetUtcNow(At(TestCodes.ExpiresAt + 61));
        var check = Verifier.Check(TestCodes.Valid().Build());

        Assert.That(
            check.GetEvidence(LicenseLanguage.English),
            Is.EqualTo("License lic_01KDVNGM006PSRNCJ8ZK2V8T4E expired at 2027-01-01T00:00:00Z (exp) and can be renewed until 2027-01-16T00:00:00Z (grace); the clock shows 2027-01-01T00:01:01Z."));
        Assert.That(check.GetEvidence(LicenseLanguage.Chinese), Does.Contain("2027-01-16T00:00:00Z").And.Contain("grace"));
        Assert.That(check.GetEvidence((LicenseLanguage)99), Is.EqualTo(check.GetEvidence(LicenseLanguage.English)));
    }

    [Test]
    public void GetEvidence_WrongProduct_NamesBoth() => Assert.That(
        Verifier.Check(TestCodes.Valid().With("aud", "\"{0} other\"").Build()).GetEvidence(LicenseLanguage.English),
        Does.Contain("{0} other").And.Contain(TestCodes.Product).And.Contain("aud"));

    [Test]
    public void GetEvidence_Malformed_NamesMemberOrPosition()
    {
        Assert.That(
            Verifier.Check(TestCodes.Valid().Without("cus").Build()).GetEvidence(LicenseLanguage.English), Does.Contain("payload").And.Contain("\"cus\""));
        Assert.That(
            Verifier.Check(TestCodes.Valid().WithPayload("{\"a\":1.5}").Build()).GetEvidence(LicenseLanguage.English),
            Does.Contain("payload").And.Contain("Position: 5"));
    }

    // "Has a character that does not belong there, or is cut off" sent people looking for what cannot be seen.
    [TestCase("\ufeff{0}", 0, "U+FEFF (byte order mark)", "U+FEFF（字节顺序标记）")]
    [TestCase("{0}\u00a0\u200b", -1, "U+00A0 (no-break space)", "U+00A0（不换行空格）")]
    [TestCase("\r\n \u200b{0}", 3, "U+200B (zero-width space)", "U+200B（零宽空格）")]
    [TestCase("\u201c{0}\u201d", 0, "U+201C (quotation mark)", "U+201C（引号）")]
    [TestCase("\"{0}\"", 0, "U+0022 (\")", "U+0022（\"）")]
    [TestCase("> {0}", 0, "U+003E (>)", "U+003E（>）")]
    [TestCase("{0}==", -1, "U+003D (=)", "U+003D（=）")]
    [TestCase("code: {0}.", 4, "U+003A (:)", "U+003A（:）")]
    [TestCase("{0}\ud83d\ude00", -1, "U+1F600.", "U+1F600。")]
    [TestCase("{0}\0", -1, "U+0000.", "U+0000。")]
    [TestCase("{0}\u202e", -1, "U+202E.", "U+202E。")]
    public void GetEvidence_ForeignCharacters_NamesTheFirstAndItsPositionInTheTextAsGiven(string form, int position, string english, string chinese)
    {
        var code = TestCodes.Valid().Build();

        var check = Verifier.Check(form.Replace("{0}", code, StringComparison.Ordinal));

        // Behind the code where the position is not given.
        position = position < 0 ? code.Length : position;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Malformed));
            Assert.That(check.GetEvidence(LicenseLanguage.English), Does.Contain(english).And.Contain($"Position: {position}. "));
            Assert.That(check.GetEvidence(LicenseLanguage.Chinese), Does.Contain(chinese).And.Contain($"位置：{position}。"));
        }
    }

    [Test]
    public void GetEvidence_WrappedInAQuotedMail_NamesTheFirstMark()
    {
        var quoted = string.Join("\n", TestCodes.Valid().Build().Chunk(64).Select((line, number) => (number == 0 ? "" : "> ") + new string(line)));

        Assert.That(Verifier.Check(quoted).GetEvidence(LicenseLanguage.English), Does.Contain("U+003E (>). Position: 65. "));
    }

    [Test]
    public void GetEvidence_OutsideTheWindow_NamesAllThreeDates() => Assert.That(
        Verifier.Check(TestCodes.Valid().WithWindow(0, KeyCertificate.LatestSecond + 1).WithWindow(1, 2).Build()).GetEvidence(LicenseLanguage.English),
        Does.Contain("2026-01-01T00:00:00Z").And.Contain("1970-01-01T00:00:01Z").And.Contain("1970-01-01T00:00:02Z"));

    [Test]
    public void GetEvidence_CodeThatBelongsToEachOutcome_HasTextsInBothLanguages()
    {
        (long Now, TestCodes Code, LicenseOutcome Outcome)[] cases =
        [
            (TestCodes.Now, TestCodes.Valid(), LicenseOutcome.Valid),
            (TestCodes.Now, TestCodes.Valid().Without("exp"), LicenseOutcome.Valid),
            (TestCodes.Now, TestCodes.Valid().With("nbf", TestCodes.Now + 301), LicenseOutcome.NotYetValid),
            (TestCodes.ExpiresAt, TestCodes.Valid(), LicenseOutcome.Frozen),
            (TestCodes.ExpiresAt, TestCodes.Valid().Without("grace"), LicenseOutcome.Expired),
            (TestCodes.Now, TestCodes.Valid().With("aud", "\"x\""), LicenseOutcome.WrongProduct),
            (TestCodes.Now, TestCodes.Valid().BoundTo("board"), LicenseOutcome.WrongDevice),
            (TestCodes.Now, TestCodes.Valid().With("test", "true"), LicenseOutcome.TestLicense),
            (TestCodes.IssuedAt - 86401, TestCodes.Valid(), LicenseOutcome.ClockRolledBack),
            (TestCodes.Now, TestCodes.Valid().With("act", "true"), LicenseOutcome.NotActivated),
        ];
        foreach (var (now, code, outcome) in cases)
        {
            Clock.AdjustTime(At(now));
            var check = Verifier.Check(code.Build());
            Assert.That(check.Outcome, Is.EqualTo(outcome));
            AssertTexts(check);
            Assert.That(check.GetEvidence(LicenseLanguage.English), Does.Contain(TestCodes.LicenseId).And.Contain("icense").And.Not.EqualTo($"{outcome}"));
        }
    }

    [Test]
    public void ToString_AnyCheck_HoldsNoPartOfTheCode()
    {
        foreach (var code in (string[])[TestCodes.Valid().Build(), TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed).Build()])
        {
            var check = Verifier.Check(code);
            foreach (var text in (string[])[
                check.ToString(), check.License?.ToString() ?? "", check.GetEvidence(LicenseLanguage.English), check.GetEvidence(LicenseLanguage.Chinese)])
            {
                foreach (var part in code.Split('.'))
                {
                    Assert.That(text, Does.Not.Contain(part[..20]));
                }
            }
        }
    }

    private static KeyCertificate CertificateOf(TestCodes code)
    {
        Assert.That(KeyCertificate.TryParse(code.Certificate(), out var certificate), Is.True);
        return certificate!;
    }

    private static void AssertTexts(LicenseCheck check)
    {
        Assert.That(check.GetEvidence(LicenseLanguage.English), Is.Not.Empty.And.Not.Contain("{").And.Not.Match("\\p{IsCJKUnifiedIdeographs}"));
        Assert.That(check.GetAdvice(LicenseLanguage.English), Is.Not.Empty.And.Not.Match("\\p{IsCJKUnifiedIdeographs}"));
        Assert.That(check.GetEvidence(LicenseLanguage.Chinese), Is.Not.Empty.And.Not.Contain("{").And.Match("\\p{IsCJKUnifiedIdeographs}"));
        Assert.That(check.GetAdvice(LicenseLanguage.Chinese), Does.Match("\\p{IsCJKUnifiedIdeographs}"));
    }
}
