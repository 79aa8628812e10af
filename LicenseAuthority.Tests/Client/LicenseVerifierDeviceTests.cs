using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

public sealed class LicenseVerifierDeviceTests : LicenseVerifierTestBase
{
    private static readonly string[] Bound = ["board", "disk", "mac"];

    [TestCase(null, "board,disk,mac", LicenseOutcome.Valid)]
    [TestCase(null, "mac,disk,board,more", LicenseOutcome.Valid)]
    [TestCase(null, "board,disk", LicenseOutcome.WrongDevice)]
    [TestCase(2, "board,mac", LicenseOutcome.Valid)]
    [TestCase(2, "board,other", LicenseOutcome.WrongDevice)]
    [TestCase(2, "board,board,board", LicenseOutcome.WrongDevice)]
    [TestCase(1, "other,mac", LicenseOutcome.Valid)]
    [TestCase(1, "Mac", LicenseOutcome.WrongDevice)]
    [TestCase(3, "board,disk,mac", LicenseOutcome.Valid)]
    [TestCase(1, " \tmac\r\n", LicenseOutcome.Valid)]
    [TestCase(1, "", LicenseOutcome.WrongDevice)]
    public void Check_BoundCode_CountsDistinctMatches(int? required, string fingerprints, LicenseOutcome expected)
    {
        var code = TestCodes.Valid().BoundTo(Bound);
        if (required is { } number)
        {
            code.With("devk", number);
        }

        Assert.That(Verifier.Check(code.Build(), fingerprints.Split(',')).Outcome, Is.EqualTo(expected));
    }

    [Test]
    public void Check_BoundCodeWithoutFingerprints_IsWrongDevice()
    {
        var code = TestCodes.Valid().BoundTo(Bound).With("devk", 1).Build();

        Assert.That(Verifier.Check(code).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
        Assert.That(Verifier.Check(code, null).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
        Assert.That(Verifier.Check(code, []).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
        Assert.That(Verifier.Check(code, [null!, "", " "]).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
        Assert.That(Verifier.Check(code, [null!, "mac"]).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Check_CodeBoundToABlankFingerprint_FitsNoMachineThatCannotReadItsOwn() =>
        Assert.That(Verifier.Check(TestCodes.Valid().BoundTo("").Build(), [""]).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));

    [Test]
    public void Check_BrokenUnicodeInAFingerprint_NeverThrows() =>
        Assert.That(Verifier.Check(TestCodes.Valid().BoundTo(Bound).Build(), ["\ud800", "\udc00x"]).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));

    [Test]
    public void Check_UnboundCode_IgnoresFingerprints() =>
        Assert.That(Verifier.Check(TestCodes.Valid().Build(), ["whatever"]).Outcome, Is.EqualTo(LicenseOutcome.Valid));

    [Test]
    public void Check_SameTextOnAnotherDevice_IsJudgedAnewOnEveryCall()
    {
        var code = TestCodes.Valid().BoundTo("board").Build();

        Assert.That(Verifier.Check(code, ["board"]).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(Verifier.Check(code, ["other"]).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
        Assert.That(Verifier.Check(code, ["board"]).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Check_ActivationDemanded_NeedsABoundCode()
    {
        Assert.That(
            Verifier.Check(TestCodes.Valid().With("act", "true").Build(), ["board"]).Outcome, Is.EqualTo(LicenseOutcome.NotActivated));
        Assert.That(
            Verifier.Check(TestCodes.Valid().With("act", "true").BoundTo("board").Build(), ["board"]).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Check_EightDevices_AreAcceptedAndNineAreNot()
    {
        var fingerprints = Enumerable.Range(1, 9).Select(i => $"device {i}").ToArray();

        Assert.That(Verifier.Check(TestCodes.Valid().BoundTo(fingerprints[..8]).Build(), fingerprints).IsValid, Is.True);
        AssertRefused(TestCodes.Valid().BoundTo(fingerprints).Build(), CodeFaultReason.InvalidMember, "dev");
    }
}
