using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

public sealed class LicenseVerifierTests : LicenseVerifierTestBase
{
    [Test]
    public void Check_ValidCode_DecodesEveryClaim()
    {
        var code = TestCodes.Valid()
            .With("gen", 3).With("nbf", TestCodes.IssuedAt + 60).With("cn", "\"\u6d4b\u8bd5 & Co\"").With("trial", "true").With("act", "true")
            .With("ent", "{\"seats\":5,\"export\":false,\"edition\":\"pro\",\"modules\":[\"a\",\"b\"],\"none\":[]}")
            .BoundTo("board", "disk", "mac").With("devk", 2).Build();

        var check = Verifier.Check(code, ["board", "mac"]);

        Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(check.IsValid, Is.True);
        Assert.That(check.CheckedAt, Is.EqualTo(At(TestCodes.Now)));
        var license = check.License!;
        Assert.That(license.Issuer, Is.EqualTo("https://license.example.com"));
        Assert.That(license.ProductId, Is.EqualTo(TestCodes.Product));
        Assert.That(license.LicenseId, Is.EqualTo(TestCodes.LicenseId));
        Assert.That(license.Generation, Is.EqualTo(3));
        Assert.That(license.IssuedAt, Is.EqualTo(At(TestCodes.IssuedAt)));
        Assert.That(license.NotBefore, Is.EqualTo(At(TestCodes.IssuedAt + 60)));
        Assert.That(license.ExpiresAt, Is.EqualTo(At(TestCodes.ExpiresAt)));
        Assert.That(license.Grace, Is.EqualTo(TimeSpan.FromDays(15)));
        Assert.That(license.GraceEndsAt, Is.EqualTo(At(TestCodes.ExpiresAt + TestCodes.GraceSeconds)));
        Assert.That(license.CustomerId, Is.EqualTo("cus_01KDVNGM00Q7X2B9RZC4T6M8WF"));
        Assert.That(license.CustomerName, Is.EqualTo("\u6d4b\u8bd5 & Co"));
        Assert.That(license.Quantity, Is.EqualTo(5));
        Assert.That(license.IsTrial, Is.True);
        Assert.That(license.IsTest, Is.False);
        Assert.That(license.RequiresActivation, Is.True);
        Assert.That(license.DeviceIds, Has.Count.EqualTo(3));
        Assert.That(license.RequiredDeviceMatches, Is.EqualTo(2));
        Assert.That(license.StatusListIndex, Is.EqualTo(4711));
        Assert.That(license.StatusListUri, Is.EqualTo("https://license.example.com/licensee/v1/status-lists/1"));
        Assert.That(license.KeyId, Is.EqualTo(TestCodes.KeyId()));
        Assert.That(license.Entitlements.Names, Is.EqualTo((string[])["seats", "export", "edition", "modules", "none"]));
    }

    [Test]
    public void Check_OnlyRequiredClaims_IsValidForEver()
    {
        var code = TestCodes.Valid().Without("exp").Without("grace").Without("ent").Without("status");
        Clock.SetUtcNow(At(KeyCertificate.LatestSecond));

        var check = Verifier.Check(code.Build());

        Assert.That(check.IsValid, Is.True);
        var license = check.License!;
        Assert.That(license.NotBefore, Is.Null);
        Assert.That(license.ExpiresAt, Is.Null);
        Assert.That(license.GraceEndsAt, Is.Null);
        Assert.That(license.Grace, Is.EqualTo(TimeSpan.Zero));
        Assert.That(license.CustomerName, Is.Null);
        Assert.That(license.Entitlements.Names, Is.Empty);
        Assert.That(license.DeviceIds, Is.Empty);
        Assert.That(license.RequiredDeviceMatches, Is.Zero);
        Assert.That(license.StatusListIndex, Is.Null);
        Assert.That(license.StatusListUri, Is.Null);
    }

    [Test]
    public void Check_OtherProduct_ReturnsWrongProductAndTheLicense()
    {
        var check = Verifier.Check(TestCodes.Valid().With("aud", "\"com.example.Editor\"").Build());

        Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.WrongProduct));
        Assert.That(check.License?.ProductId, Is.EqualTo("com.example.Editor"));
        Assert.That(check.IsValid, Is.False);
    }

    [Test]
    public void Check_TestLicense_IsAcceptedOnlyOnRequest()
    {
        var code = TestCodes.Valid().With("test", "true").Build();

        Assert.That(Verifier.Check(code).Outcome, Is.EqualTo(LicenseOutcome.TestLicense));
        var accepting = CreateVerifier(new LicenseVerifierOptions { AcceptTestLicenses = true });
        Assert.That(accepting.Check(code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(accepting.Check(code).License?.IsTest, Is.True);
    }

    // Each step takes away what the outcome before it complained about: the order of judgement, from the inside out.
    [Test]
    public void Check_CodeThatIsWrongInManyWays_ReportsThemInTheOrderOfTheFormat()
    {
        var code = TestCodes.Valid()
            .CertifiedBy(TestCodes.OtherRootSeed).WithWindow(TestCodes.IssuedAt + 1, TestCodes.IssuedAt + 2)
            .ChangeSignature(signature => [.. signature.Reverse()]).With("aud", "\"other\"").With("test", "true").With("act", "true")
            .With("qty", "0").With("iat", $"{TestCodes.Now + 86401}").With("nbf", $"{TestCodes.Now + 301}").With("exp", $"{TestCodes.Now}")
            .With("grace", 0).WithHeader("typ", "\"JWT\"").WithHeader("kid", "\"0123456789abcdef\"").WithUsages(KeyUsages.StatusLists)
            .WithSerial(5, minimumSerial: 6);

        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.Malformed));
        code.WithHeader("typ", "\"license+jwt\"");
        AssertRefused(code.Build(), CodeFaultReason.UnknownRoot);
        Assert.That(Verifier.MinimumKeySerial, Is.Zero, "news of an unknown root");
        code.CertifiedBy(TestCodes.RootSeed);
        AssertRefused(code.Build(), CodeFaultReason.RevokedKey);
        code.WithSerial(6, minimumSerial: 6);
        AssertRefused(code.Build(), CodeFaultReason.KeyIdMismatch);
        code.WithHeader("kid", $"\"{TestCodes.KeyId()}\"");
        AssertRefused(code.Build(), CodeFaultReason.WrongUsage);
        code.WithUsages(KeyUsages.LicenseCodes);
        AssertRefused(code.Build(), CodeFaultReason.SignatureMismatch);
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.BadSignature));
        code.ChangeSignature(signature => signature);
        AssertRefused(code.Build(), CodeFaultReason.InvalidMember, "qty");
        code.With("qty", 1);
        AssertRefused(code.Build(), CodeFaultReason.OutsideWindow);
        code.WithWindow(TestCodes.CertificateNotBefore, TestCodes.CertificateNotAfter);
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.WrongProduct));
        code.With("aud", $"\"{TestCodes.Product}\"");
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.TestLicense));
        code.Without("test");
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.NotActivated));
        code.BoundTo("board");
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.WrongDevice));
        code.Without("dev").Without("act");
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.ClockRolledBack));
        code.With("iat", TestCodes.IssuedAt);
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.NotYetValid));
        code.Without("nbf");
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.Expired));
        code.With("grace", 1);
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.Frozen));
        code.With("exp", $"{TestCodes.Now + 1}");
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.Valid));
    }

    // Software sent the text of its file, line breaks and all: no header takes that.
    [Test]
    public void GetText_CodeWithWhiteSpace_IsTheCodeAsItWasIssued()
    {
        var code = TestCodes.Valid().Build();
        var wrapped = "\t" + string.Join(" \r\n", code.Chunk(64).Select(line => new string(line))) + "\n";

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Verifier.Check(wrapped).License!.GetText(), Is.EqualTo(code));
            Assert.That(Verifier.Check(wrapped).License!.GetText(), Is.EqualTo(code), "from the cache too");
            Assert.That(Verifier.Check(code).License!.GetText(), Is.SameAs(code));
            Assert.That(typeof(LicenseCode).GetProperties().Select(property => property.GetValue(Verifier.Check(code).License)), Has.None.EqualTo(code), "loggers read properties");
        }
    }

    [Test]
    public void CheckIssued_OtherProductsAndDevices_JudgesByThoseOfTheCode()
    {
        var authority = CreateVerifier(new LicenseVerifierOptions { AcceptTestLicenses = true, CacheCodes = false });
        var bound = TestCodes.Valid().With("aud", "\"other\"").BoundTo("board").With("act", "true").With("test", "true").Build();
        var id = DeviceBinding.ComputeId(TestCodes.LicenseId, "board");

        Assert.That(authority.CheckIssued(bound, "other", [id]).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(authority.CheckIssued(bound, "other", []).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
        Assert.That(authority.CheckIssued(bound, TestCodes.Product, [id]).Outcome, Is.EqualTo(LicenseOutcome.WrongProduct));
        Assert.That(authority.CheckIssued(bound + "A", "other", [id]).Outcome, Is.EqualTo(LicenseOutcome.Malformed));
    }
}
