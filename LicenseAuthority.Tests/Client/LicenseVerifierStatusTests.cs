using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>Codes judged by status lists: what a list denies, what it allows, and when it does not count.</summary>
public sealed class LicenseVerifierStatusTests : LicenseVerifierTestBase
{
    private static readonly string Code = TestCodes.Valid().Build();

    [TestCase(0, LicenseOutcome.Valid)]
    [TestCase(1, LicenseOutcome.Revoked)]
    [TestCase(2, LicenseOutcome.Suspended)]
    [TestCase(3, LicenseOutcome.Suspended)]
    public void Check_EachEntry_HasItsOutcomeAtAnyAge(int entry, LicenseOutcome outcome)
    {
        var list = Genuine(TestStatusLists.With(entry));
        foreach (var now in (long[])[TestCodes.Now, TestStatusLists.ExpiresAt - 1, TestStatusLists.ExpiresAt, TestCodes.ExpiresAt - 1])
        {
            Clock.AdjustTime(At(now));
            Assert.That(Verifier.Check(Code, list, null).Outcome, Is.EqualTo(outcome));
        }
    }

    [Test]
    public void Check_OnlyTheCodesOwnEntry_Counts()
    {
        var entries = new byte[TestStatusLists.Entries(0).Length];
        Array.Fill(entries, (byte)0b01_01_01_01);
        entries[TestStatusLists.Index / 4] &= (byte)(0xFF ^ (3 << (TestStatusLists.Index % 4 * 2)));

        Assert.That(Verifier.Check(Code, Genuine(TestStatusLists.Fresh(entries)), null).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Check_AnyList_ComesAfterProductTestActivationAndDevice()
    {
        var list = Genuine(TestStatusLists.With(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Outcome(TestCodes.Valid().With("aud", "\"other\""), list), Is.EqualTo(LicenseOutcome.WrongProduct));
            Assert.That(Outcome(TestCodes.Valid().With("test", "true"), list), Is.EqualTo(LicenseOutcome.TestLicense));
            Assert.That(Outcome(TestCodes.Valid().With("act", "true"), list), Is.EqualTo(LicenseOutcome.NotActivated));
            Assert.That(Outcome(TestCodes.Valid().BoundTo("board"), list), Is.EqualTo(LicenseOutcome.WrongDevice));
            Assert.That(Outcome(TestCodes.Valid().With("iat", TestCodes.Now + 86401), list), Is.EqualTo(LicenseOutcome.ClockRolledBack));
            Assert.That(Outcome(TestCodes.Valid().With("nbf", TestCodes.Now + 301), list), Is.EqualTo(LicenseOutcome.NotYetValid));
            Assert.That(Outcome(TestCodes.Valid().With("exp", TestCodes.Now).Without("grace"), list), Is.EqualTo(LicenseOutcome.Expired));
            Assert.That(Outcome(TestCodes.Valid().With("exp", TestCodes.Now), list), Is.EqualTo(LicenseOutcome.Revoked), "before Frozen");
            Assert.That(Outcome(TestCodes.Valid().With("exp", TestCodes.Now), Genuine(TestStatusLists.With(2))), Is.EqualTo(LicenseOutcome.Frozen), "before Suspended");
            Assert.That(Verifier.Check(TestCodes.Valid().BoundTo("board").Build(), list, ["board"]).Outcome, Is.EqualTo(LicenseOutcome.Revoked));
        }
    }

    [Test]
    public void Check_StatusDemanded_AllowsOnlyWhatAFreshListAllows()
    {
        var verifier = CreateVerifier(new LicenseVerifierOptions { RequireStatus = true, MaxStatusAge = TimeSpan.FromDays(7) });
        var list = verifier.CheckStatusList(TestStatusLists.With(0).Build()).List!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(verifier.Check(Code).Outcome, Is.EqualTo(LicenseOutcome.StatusListTooOld));
            Assert.That(verifier.Check(Code, null, null).Outcome, Is.EqualTo(LicenseOutcome.StatusListTooOld));
            Assert.That(verifier.Check(Code, list, null).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(verifier.Check(TestCodes.Valid().Without("status").Build(), list, null).Outcome, Is.EqualTo(LicenseOutcome.StatusListTooOld));
            Clock.AdjustTime(list.IssuedAt + TimeSpan.FromDays(7));
            Assert.That(verifier.Check(Code, list, null).Outcome, Is.EqualTo(LicenseOutcome.StatusListTooOld));
            Assert.That(verifier.Check(Code, list, null).StatusUnknownSince, Is.EqualTo(list.IssuedAt + TimeSpan.FromDays(7)));
        }
    }

    [Test]
    public void Check_ListThatDoesNotCount_IsAsGoodAsNone()
    {
        var other = CreateOtherVerifier();
        (LicenseStatusList List, string Evidence)[] lists =
        [
            (Genuine(TestStatusLists.With(1).With("sub", $"\"{TestStatusLists.Uri}/\"")), "not the one that the code names"),
            (other.CheckStatusList(TestStatusLists.With(1).CertifiedBy(TestCodes.OtherRootSeed).Build()).List!, "trusts"),
        ];
        foreach (var (list, evidence) in lists)
        {
            var check = Verifier.Check(Code, list, null);

            Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(check.StatusUnknownSince, Is.EqualTo(At(TestCodes.IssuedAt)));
            Assert.That(check.GetEvidence(LicenseLanguage.English), Does.Contain(evidence).And.Contain("status unknown since 2026-01-01T00:00:00Z"));
        }

        var beyond = TestCodes.Valid().With("status", $$$"""{"status_list":{"idx":1048576,"uri":"{{{TestStatusLists.Uri}}}"}}""").Build();
        Assert.That(
            Verifier.Check(beyond, Genuine(TestStatusLists.With(1)), null).GetEvidence(LicenseLanguage.English), Does.Contain("no entry 1048576").And.Contain("status unknown since"));
    }

    // It is another verifier's, with the same roots: of two products of one vendor, say.
    [Test]
    public void Check_ListOfAnotherVerifierWithTheSameRoots_Counts()
    {
        var list = CreateVerifier(new LicenseVerifierOptions()).CheckStatusList(TestStatusLists.With(1).Build()).List;

        Assert.That(Verifier.Check(Code, list, null).Outcome, Is.EqualTo(LicenseOutcome.Revoked));
    }

    [Test]
    public void Check_CodeBringsTheNews_TheListOfTheRevokedKeyDoesNotCount()
    {
        var list = Genuine(TestStatusLists.With(1));
        var code = TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1, TestCodes.CertificateSerial + 1).Build();

        var check = Verifier.Check(code, list, null);

        Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(check.GetEvidence(LicenseLanguage.English), Does.Contain("revoked since").And.Contain("status unknown since"));
        var newKeysList = Genuine(TestStatusLists.With(1).SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1));
        Assert.That(Verifier.Check(code, newKeysList, null).Outcome, Is.EqualTo(LicenseOutcome.Revoked));
    }

    [Test]
    public void Check_ListBringsTheNews_TheCodeOfTheRevokedKeyIsRefused()
    {
        var news = TestStatusLists.With(0).SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1, TestCodes.CertificateSerial + 1).Build();
        Assert.That(Verifier.Check(Code).IsValid, Is.True);

        // Read by another verifier: this one hears of it from the list alone.
        var list = CreateVerifier(new LicenseVerifierOptions()).CheckStatusList(news).List;

        Assert.That(Verifier.Check(Code, list, null).Outcome, Is.EqualTo(LicenseOutcome.UntrustedKey));
        Assert.That(Verifier.MinimumKeySerial, Is.EqualTo(TestCodes.CertificateSerial + 1));
    }

    [Test]
    public void Check_NewerList_LiftsASuspension()
    {
        Assert.That(Verifier.Check(Code, Genuine(TestStatusLists.With(2)), null).Outcome, Is.EqualTo(LicenseOutcome.Suspended));
        Assert.That(Verifier.Check(Code, Genuine(TestStatusLists.With(0).With("seq", 8)), null).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Check_DeviceDemandedByTheHost_NeedsABoundCode()
    {
        var verifier = CreateVerifier(new LicenseVerifierOptions { RequireDevice = true });

        var unbound = verifier.Check(Code, ["board"]);
        Assert.That(unbound.Outcome, Is.EqualTo(LicenseOutcome.NotActivated));
        Assert.That(unbound.GetEvidence(LicenseLanguage.English), Does.Contain("This software demands activation"));
        Assert.That(verifier.Check(TestCodes.Valid().BoundTo("board").Build(), ["board"]).IsValid, Is.True);
        Assert.That(verifier.Check(TestCodes.Valid().BoundTo("board").Build()).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
    }

    [TestCase(0L)]
    [TestCase(-1L)]
    [TestCase(long.MinValue)]
    public void Constructor_MaxStatusAgeNotAboveZero_Throws(long ticks) => Assert.That(
        () => CreateVerifier(new LicenseVerifierOptions { MaxStatusAge = TimeSpan.FromTicks(ticks) }),
        Throws.ArgumentException.With.Message.Contains("MaxStatusAge"));

    [Test]
    public void Check_MaxStatusAgeWithoutBound_EndsWithTheList()
    {
        var verifier = CreateVerifier(new LicenseVerifierOptions { RequireStatus = true, MaxStatusAge = TimeSpan.MaxValue });
        var list = verifier.CheckStatusList(TestStatusLists.With(0).Build()).List;
        Clock.AdjustTime(At(TestStatusLists.ExpiresAt - 1));

        Assert.That(verifier.Check(Code, list, null).IsValid, Is.True);
        Clock.AdjustTime(At(TestStatusLists.ExpiresAt));
        Assert.That(verifier.Check(Code, list, null).Outcome, Is.EqualTo(LicenseOutcome.StatusListTooOld));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Check_SameTextAgainWithAList_AllocatesNothing(int entry)
    {
        var verifier = new LicenseVerifier(
            TestCodes.RootLine(), TestCodes.Product,
            new LicenseVerifierOptions { TimeProvider = new StoppedClock(At(TestCodes.Now)), RequireStatus = true, MaxStatusAge = TimeSpan.FromDays(7) });
        var list = verifier.CheckStatusList(TestStatusLists.With(entry).Build()).List;
        verifier.Check(Code, list, null);
        verifier.Check(Code, list, null);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = verifier.Check(Code, list, null).IsValid;
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void GetEvidence_ListThatCounts_NamesItsTimeAndNumber()
    {
        foreach (var entry in (int[])[0, 1, 2])
        {
            var check = Verifier.Check(Code, Genuine(TestStatusLists.With(entry)), null);

            Assert.That(check.StatusUnknownSince, Is.Null);
            Assert.That(check.GetEvidence(LicenseLanguage.English), Does.Contain("number 7 (seq), made 2026-05-31T00:00:00Z (iat)").And.Not.Contain("unknown"));
            Assert.That(check.GetEvidence(LicenseLanguage.Chinese), Does.Contain("7（seq）").And.Contain("2026-05-31T00:00:00Z（iat）"));
        }
    }

    // It may have been replaced by a newer code, or given back: nobody is to be blamed.
    [Test]
    public void Texts_OfARevokedCode_BlameNobody()
    {
        var check = Verifier.Check(Code, Genuine(TestStatusLists.With(1)), null);
        foreach (var language in Enum.GetValues<LicenseLanguage>())
        {
            var texts = check.GetEvidence(language) + check.GetAdvice(language) + check.GetReport(language);
            Assert.That(
                texts, Does.Not.Contain("operator").IgnoreCase.And.Not.Contain("withdr").IgnoreCase.And.Not.Contain("administrator").IgnoreCase
                    .And.Not.Contain("vendor").IgnoreCase.And.Not.Contain("管理员").And.Not.Contain("运营").And.Not.Contain("供应商").And.Not.Contain("撤销"));
        }
    }

    [Test]
    public void GetReport_ValidCode_ListsAllChecksAsPassed()
    {
        var check = Verifier.Check(Code, Genuine(TestStatusLists.With(0)), null);

        var lines = check.GetReport(LicenseLanguage.English).Split('\n');
        Assert.That(lines[0], Is.EqualTo("License check at 2026-06-01T00:00:00Z: Valid"));
        Assert.That(lines.Count(line => line.StartsWith("[passed]", StringComparison.Ordinal)), Is.EqualTo(19));
        Assert.That(lines, Has.None.StartsWith("[failed]").And.None.StartsWith("[not made]").And.None.StartsWith("[unknown]"));
        Assert.That(check.GetReport(LicenseLanguage.Chinese).Split('\n').Count(line => line.StartsWith("[通过]", StringComparison.Ordinal)), Is.EqualTo(19));
    }

    [Test]
    public void GetReport_CheckThatFailed_MarksItAndWhatWasNotReached()
    {
        var lines = Verifier.Check(Code, Genuine(TestStatusLists.With(1)), null).GetReport(LicenseLanguage.English).Split('\n');

        Assert.That(lines.Count(line => line.StartsWith("[failed]", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(lines[16], Does.StartWith("[failed]   code still good, by the status list: list number 7 (seq), made 2026-05-31T00:00:00Z (iat), entry 4711 (idx)"));
        Assert.That(lines[17..20], Is.All.StartsWith("[not made]"));
        Assert.That(lines[1..16], Is.All.StartsWith("[passed]"));
    }

    [Test]
    public void GetReport_NoList_SaysThatTheStatusIsUnknown()
    {
        var report = Verifier.Check(Code).GetReport(LicenseLanguage.English);

        Assert.That(report.Split('\n').Count(line => line.StartsWith("[unknown]", StringComparison.Ordinal)), Is.EqualTo(3));
        Assert.That(report, Does.Contain("unknown since 2026-01-01T00:00:00Z"));
    }

    [TestCase(LicenseOutcome.Malformed, 1)]
    [TestCase(LicenseOutcome.UntrustedKey, 2)]
    [TestCase(LicenseOutcome.BadSignature, 6)]
    public void GetReport_CodeThatIsNotGenuine_NamesTheStepAndHoldsNoPartOfTheCode(LicenseOutcome outcome, int line)
    {
        var code = outcome switch
        {
            LicenseOutcome.UntrustedKey => TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed).Build(),
            LicenseOutcome.BadSignature => TestCodes.Valid().ChangeSignature(static signature => [.. signature.Reverse()]).Build(),
            _ => Code[..^1],
        };
        var check = Verifier.Check(code);

        Assert.That(check.Outcome, Is.EqualTo(outcome));
        foreach (var language in Enum.GetValues<LicenseLanguage>())
        {
            var report = check.GetReport(language);
            var failed = report.Split('\n').ToList()
                .FindIndex(text => text.StartsWith("[failed]", StringComparison.Ordinal) || text.StartsWith("[未通过]", StringComparison.Ordinal));
            Assert.That(failed, Is.EqualTo(line));
            Assert.That(code.Split('.').Where(part => part.Length > 20 && report.Contains(part[..20], StringComparison.Ordinal)), Is.Empty);
        }
    }

    [Test]
    public void GetReport_NeverChecked_HasText() => Assert.That(default(LicenseCheck).GetReport(LicenseLanguage.English), Does.Contain("[failed]   form of the text"));

    private LicenseOutcome Outcome(TestCodes code, LicenseStatusList list) => Verifier.Check(code.Build(), list, null).Outcome;

    private LicenseStatusList Genuine(TestCodes list)
    {
        var check = Verifier.CheckStatusList(list.Build());
        Assert.That(check.IsGenuine, Is.True, check.GetEvidence(LicenseLanguage.English));
        return check.List!;
    }

    private LicenseVerifier CreateOtherVerifier() =>
        new(TestCodes.RootLine(TestCodes.OtherRootSeed), TestCodes.Product, new LicenseVerifierOptions { TimeProvider = Clock });
}
