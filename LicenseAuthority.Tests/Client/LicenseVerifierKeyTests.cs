using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

public sealed class LicenseVerifierKeyTests : LicenseVerifierTestBase
{
    [Test]
    public void Check_UnknownRoot_IsUntrustedKey()
    {
        AssertRefused(TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed).Build(), CodeFaultReason.UnknownRoot);
        Assert.That(OutcomeOf(TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed)), Is.EqualTo(LicenseOutcome.UntrustedKey));
    }

    [Test]
    public void Check_KnownChainAndForeignSignature_IsBadSignature()
    {
        // Certified is one key, signed has another.
        var code = TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).Certifying(TestCodes.PublicKey(TestCodes.IssuingSeed));

        AssertRefused(code.Build(), CodeFaultReason.SignatureMismatch);
        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.BadSignature));
    }

    [Test]
    public void Check_KeyIdOfAnotherKey_IsUntrustedKey()
    {
        AssertRefused(TestCodes.Valid().WithHeader("kid", $"\"{TestCodes.KeyId(TestCodes.OtherIssuingSeed)}\"").Build(), CodeFaultReason.KeyIdMismatch);
        AssertRefused(TestCodes.Valid().WithHeader("kid", $"\"{TestCodes.KeyId()[..15]}\"").Build(), CodeFaultReason.KeyIdMismatch);
    }

    [Test]
    public void Check_CertificateForStatusListsOnly_IsUntrustedKey() =>
        AssertRefused(TestCodes.Valid().WithUsages(KeyUsages.StatusLists).Build(), CodeFaultReason.WrongUsage);

    [Test]
    public void Check_CertificateForCodesOnly_IsValid() =>
        Assert.That(OutcomeOf(TestCodes.Valid().WithUsages(KeyUsages.LicenseCodes)), Is.EqualTo(LicenseOutcome.Valid));

    [Test]
    public void Check_EachBitOfTheCertificateChanged_IsRefused()
    {
        for (var bit = 0; bit < KeyCertificate.Size * 8; bit += 5)
        {
            var position = bit;
            var code = TestCodes.Valid().WithHeader("kid", $"\"{TestCodes.KeyId()}\"").ChangeCertificate(certificate =>
            {
                certificate[position / 8] ^= (byte)(1 << (position % 8));
                return certificate;
            });
            Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.UntrustedKey).Or.EqualTo(LicenseOutcome.Malformed), $"bit {bit}");
        }
    }

    [TestCase("01")]
    [TestCase("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void Check_CertifiedKeyOfSmallOrder_IsRefused(string hex)
    {
        var key = new byte[32];
        Convert.FromHexString(hex).CopyTo(key, 0);

        AssertRefused(TestCodes.Valid().Certifying(key).Build(), CodeFaultReason.InvalidCertificate, "cert");
    }

    [Test]
    public void Check_CertificateOfUnknownVersionUsageOrEmptyWindow_IsMalformed()
    {
        TestCodes[] codes =
        [
            TestCodes.Valid().ChangeCertificate(certificate => [2, .. certificate[1..]]),
            TestCodes.Valid().WithUsages(KeyUsages.None),
            TestCodes.Valid().WithUsages((KeyUsages)7),
            TestCodes.Valid().WithWindow(TestCodes.IssuedAt, TestCodes.IssuedAt),
            TestCodes.Valid().WithWindow(0, KeyCertificate.LatestSecond + 2),
            TestCodes.Valid().WithWindow(0, -1),
            TestCodes.Valid().ChangeCertificate(certificate => certificate[..121]),
        ];
        foreach (var code in codes)
        {
            AssertRefused(code.Build(), CodeFaultReason.InvalidCertificate, "cert");
        }
    }

    [Test]
    public void MinimumKeySerial_CertificateWithNews_RisesAndRevokesEvenWhatWasGoodBefore()
    {
        var old = TestCodes.Valid().WithSerial(100).Build();
        var news = TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).WithSerial(200, minimumSerial: 101).Build();

        Assert.That(Verifier.Check(old).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(Verifier.Check(old).Outcome, Is.EqualTo(LicenseOutcome.Valid), "from the cache");
        Assert.That(Verifier.Check(news).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(Verifier.MinimumKeySerial, Is.EqualTo(101));
        AssertRefused(old, CodeFaultReason.RevokedKey);
        Assert.That(Verifier.Check(old).Outcome, Is.EqualTo(LicenseOutcome.UntrustedKey));
        AssertRefused(TestCodes.Valid().WithSerial(100).With("gen", 2).Build(), CodeFaultReason.RevokedKey);
        Assert.That(Verifier.Check(news).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void MinimumKeySerial_SerialEqualToTheMinimum_IsGood()
    {
        Assert.That(OutcomeOf(TestCodes.Valid().WithSerial(7, minimumSerial: 7)), Is.EqualTo(LicenseOutcome.Valid));
        AssertRefused(TestCodes.Valid().WithSerial(6, minimumSerial: 0).Build(), CodeFaultReason.RevokedKey);
    }

    [Test]
    public void MinimumKeySerial_LowerNews_NeverFalls()
    {
        Verifier.Check(TestCodes.Valid().WithSerial(300, minimumSerial: 300).Build());
        Verifier.Check(TestCodes.Valid().WithSerial(400, minimumSerial: 2).Build());

        Assert.That(Verifier.MinimumKeySerial, Is.EqualTo(300));
    }

    [Test]
    public void MinimumKeySerial_GoodCertificateOnARefusedCode_IsBelievedAllTheSame()
    {
        TestCodes[] refused =
        [
            TestCodes.Valid().WithSerial(1000, minimumSerial: 11).With("aud", "\"other\""),
            TestCodes.Valid().WithSerial(1000, minimumSerial: 12).ChangeSignature(signature => [.. signature.Reverse()]),
            TestCodes.Valid().WithSerial(1000, minimumSerial: 13).WithHeader("kid", "\"another\""),
            TestCodes.Valid().WithSerial(1000, minimumSerial: 14).WithPayload("not JSON"),
            TestCodes.Valid().WithSerial(1000, minimumSerial: 15).WithUsages(KeyUsages.StatusLists),
            TestCodes.Valid().WithSerial(1, minimumSerial: 16),
        ];
        uint expected = 11;
        foreach (var code in refused)
        {
            Assert.That(Verifier.Check(code.Build()).IsValid, Is.False);
            Assert.That(Verifier.MinimumKeySerial, Is.EqualTo(expected++));
        }
    }

    [Test]
    public void MinimumKeySerial_NewsThatNoRootSigned_IsIgnored()
    {
        Verifier.Check(TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed).WithSerial(9, minimumSerial: 9).Build());

        Assert.That(Verifier.MinimumKeySerial, Is.Zero);
    }

    [Test]
    public void MinimumKeySerial_RememberedByTheHost_RevokesFromTheStart()
    {
        var verifier = CreateVerifier(new LicenseVerifierOptions { MinimumKeySerial = TestCodes.CertificateSerial + 1 });

        Assert.That(verifier.MinimumKeySerial, Is.EqualTo(TestCodes.CertificateSerial + 1));
        Assert.That(verifier.Check(TestCodes.Valid().Build()).Outcome, Is.EqualTo(LicenseOutcome.UntrustedKey));
        Assert.That(
            verifier.Check(TestCodes.Valid().WithSerial(TestCodes.CertificateSerial + 1).Build()).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void MinimumKeySerial_HighestNumber_IsReached()
    {
        Assert.That(OutcomeOf(TestCodes.Valid().WithSerial(uint.MaxValue, uint.MaxValue)), Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(Verifier.MinimumKeySerial, Is.EqualTo(uint.MaxValue));
    }

    [Test]
    public void MinimumKeySerial_NewsFromManyThreads_EndsAtTheHighest()
    {
        var codes = Enumerable.Range(1, 40).Select(i => TestCodes.Valid().WithSerial(1000, minimumSerial: (uint)i).Build()).ToArray();

        Parallel.ForEach(codes.Concat(codes.Reverse()), code => Assert.That(Verifier.Check(code).IsValid, Is.True));

        Assert.That(Verifier.MinimumKeySerial, Is.EqualTo(40));
    }
}
