using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

public sealed class LicenseVerifierConstructionTests
{
    [TestCase(null)]
    [TestCase("")]
    [TestCase("   ")]
    [TestCase("la-root-1:")]
    [TestCase("la-root-2:A6EHv_POEL4dcN0Y50vAmWfk1jCboQ1fHdyGZBJVMbg")]
    [TestCase("A6EHv_POEL4dcN0Y50vAmWfk1jCboQ1fHdyGZBJVMbg")]
    [TestCase("LA-ROOT-1:A6EHv_POEL4dcN0Y50vAmWfk1jCboQ1fHdyGZBJVMbg")]
    [TestCase("la-root-1:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Description = "small order")]
    [TestCase("la-root-1:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Description = "31 bytes")]
    public void Constructor_UnusableRootKey_NamesProblemAndRemedy(string? rootKey)
    {
        string[] twoKeys = [TestCodes.RootLine(), rootKey!];

        Assert.That(
            () => new LicenseVerifier(rootKey!, TestCodes.Product),
            Throws.ArgumentException.With.Message.Contains("Root key 1").And.Message.Contains("la-root-1:"));
        Assert.That(() => new LicenseVerifier(twoKeys, TestCodes.Product), Throws.ArgumentException.With.Message.Contains("Root key 2"));
    }

    [Test]
    public void Constructor_NoRootKey_Throws()
    {
        Assert.That(() => new LicenseVerifier([], TestCodes.Product), Throws.ArgumentException.With.Message.Contains("no root key"));
        Assert.That(
            () => new LicenseVerifier((IEnumerable<string>)null!, TestCodes.Product), Throws.ArgumentException.With.Message.Contains("no root key"));
    }

    [Test]
    public void Constructor_SameRootTwice_Throws()
    {
        string[] lines = [TestCodes.RootLine(1), TestCodes.RootLine(2), $" {TestCodes.RootLine(1)}\n"];

        Assert.That(
            () => new LicenseVerifier(lines, TestCodes.Product), Throws.ArgumentException.With.Message.Contains("Root key 3 repeats root key 1"));
    }

    [Test]
    public void Constructor_FiveRoots_Throws() => Assert.That(
        () => new LicenseVerifier(Enumerable.Range(1, 5).Select(seed => TestCodes.RootLine((byte)seed)), TestCodes.Product),
        Throws.ArgumentException.With.Message.Contains("more than 4"));

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" \t")]
    public void Constructor_EmptyProduct_Throws(string? productId) => Assert.That(
        () => new LicenseVerifier(TestCodes.RootLine(), productId!), Throws.ArgumentException.With.Message.Contains("product id is empty"));

    [Test]
    public void Constructor_NoTimeProvider_Throws() => Assert.That(
        () => new LicenseVerifier(TestCodes.RootLine(), TestCodes.Product, new LicenseVerifierOptions { TimeProvider = null! }),
        Throws.ArgumentException.With.Message.Contains("TimeProvider"));

    [Test]
    public void Constructor_OptionsChangedAfterwards_KeepsWhatItCopied()
    {
        var options = new LicenseVerifierOptions { MinimumKeySerial = 7 };
        var verifier = new LicenseVerifier(TestCodes.RootLine(), TestCodes.Product, options);
        (options.MinimumKeySerial, options.AcceptTestLicenses) = (9, true);

        Assert.That(verifier.MinimumKeySerial, Is.EqualTo(7));
        Assert.That(verifier.Check(TestCodes.Valid().With("test", "true").Build()).Outcome, Is.EqualTo(LicenseOutcome.TestLicense));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public void Check_AnyOfOneToFourRoots_IsTrustedAndNoOther(int count)
    {
        var verifier = new LicenseVerifier(Enumerable.Range(1, count).Select(seed => TestCodes.RootLine((byte)seed)), TestCodes.Product);

        for (byte seed = 1; seed <= 5; seed++)
        {
            var check = verifier.Check(TestCodes.Valid().CertifiedBy(seed).Without("exp").Build());
            Assert.That(check.Outcome == LicenseOutcome.UntrustedKey, Is.EqualTo(seed > count), $"root {seed}");
        }
    }
}
