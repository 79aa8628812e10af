using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

public sealed class LicenseVerifierCacheTests : LicenseVerifierTestBase
{
    [Test]
    public void Check_SameTextAgain_ReturnsTheSameDecodedLicense()
    {
        var code = TestCodes.Valid().Build();

        Assert.That(Verifier.Check(new string(code)).License, Is.SameAs(Verifier.Check(code).License));
    }

    [Test]
    public void Check_CacheSwitchedOff_DecodesAnewWithTheSameOutcome()
    {
        var verifier = CreateVerifier(new LicenseVerifierOptions { CacheCodes = false });
        var code = TestCodes.Valid().Build();

        var first = verifier.Check(code).License;
        Assert.That(verifier.Check(code).License, Is.Not.Null.And.Not.SameAs(first));
        Assert.That(verifier.Check(code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [TestCase(TestCodes.Now)]
    [TestCase(TestCodes.ExpiresAt)]
    [TestCase(TestCodes.ExpiresAt + TestCodes.GraceSeconds)]
    public void Check_SameTextAgain_AllocatesNothing(long now)
    {
        var verifier = new LicenseVerifier(
            TestCodes.RootLine(), TestCodes.Product, new LicenseVerifierOptions { TimeProvider = new StoppedClock(At(now)) });
        var code = TestCodes.Valid().Build();
        verifier.Check(code);
        verifier.Check(code);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = verifier.Check(code).IsValid;
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Check_ManyCodesFromManyThreads_NeverMixesLicensesUp()
    {
        var codes = Enumerable.Range(1, 300).Select(i => TestCodes.Valid().With("gen", i).Build()).ToArray();

        Parallel.For(0, 1200, i =>
        {
            var check = Verifier.Check(codes[i % codes.Length]);
            Assert.That(check.License?.Generation, Is.EqualTo((i % codes.Length) + 1));
        });
    }
}
