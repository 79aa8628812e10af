using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Client;

/// <summary>A verifier for <see cref="TestCodes.Product"/> whose clock stands at <see cref="TestCodes.Now"/>; each test gets its own.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class LicenseVerifierTestBase
{
    protected LicenseVerifierTestBase() => Verifier = CreateVerifier(new LicenseVerifierOptions());

    protected FakeTimeProvider Clock { get; } = new(At(TestCodes.Now));

    protected LicenseVerifier Verifier { get; }

    protected static DateTimeOffset At(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    protected LicenseVerifier CreateVerifier(LicenseVerifierOptions options)
    {
        options.TimeProvider = Clock;
        return new LicenseVerifier(TestCodes.RootLine(), TestCodes.Product, options);
    }

    private protected LicenseOutcome OutcomeOf(TestCodes code) => Verifier.Check(code.Build()).Outcome;

    /// <summary>Asserts that a code is refused for exactly this reason, not by accident for another.</summary>
    private protected void AssertRefused(string? code, CodeFaultReason reason, string? member = null)
    {
        var check = Verifier.Check(code);
        Assert.That(check.Fault?.Reason, Is.EqualTo(reason), check.GetEvidence(LicenseLanguage.English));
        Assert.That(check.Fault?.Member, Is.EqualTo(member));
        Assert.That(check.License, Is.Null);
        Assert.That(check.IsValid, Is.False);
        Assert.That(check.Outcome, Is.EqualTo(check.Fault!.Outcome));
    }
}
