using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing.MarketplaceCodes;

/// <summary>What follows from what the marketplace says of a code, and what only differs.</summary>
internal sealed class CodeReconciliationTests
{
    private static readonly DateTimeOffset Now = LicenseBuilder.Start.AddDays(10);
    private static readonly DateTimeOffset End = LicenseBuilder.End;

    private static readonly License Active = new LicenseBuilder().Build();
    private static readonly License Frozen = Active with { RecordedState = LicenseState.Frozen, ExpiredByMarketplaceAt = Now };
    private static readonly License Held = Active with { RecordedState = LicenseState.Frozen, HoldAdmin = new Hold(Now, "a reason") };
    private static readonly License Released = Active with { RecordedState = LicenseState.Released, Release = new Release(Now, ReleasedBy.Marketplace) };
    private static readonly License ReleasedByClock = Active with { RecordedState = LicenseState.Released, Release = new Release(Now, ReleasedBy.Clock) };
    private static readonly License Revoked = Active with { RecordedState = LicenseState.Revoked, Revocation = new Revocation(Now, "a reason") };

    [Test]
    public void Released_There_IsReleasedHereOnce()
    {
        var theirs = new TheirCode(CodeStatus.Released, null);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(CommandFor(Active, theirs), Is.TypeOf<LicenseCommand.Terminate>());
            Assert.That(CommandFor(Frozen, theirs), Is.TypeOf<LicenseCommand.Terminate>());
            Assert.That(CommandFor(ReleasedByClock, theirs), Is.TypeOf<LicenseCommand.Terminate>(), "a renewal would restore it else");
            Assert.That(CommandFor(Released, theirs), Is.Null);
            Assert.That(CommandFor(Revoked, theirs), Is.Null);
            Assert.That(CommandFor(Active, theirs, before: theirs), Is.Null, "an operator has restored it since");
        }
    }

    [Test]
    public void Expired_There_EndsTheTermOnce()
    {
        var theirs = new TheirCode(CodeStatus.Expired, Now);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(CommandFor(Active, theirs), Is.TypeOf<LicenseCommand.EndTerm>());
            Assert.That(CommandFor(Frozen, theirs), Is.Null);
            Assert.That(CommandFor(Active, theirs, before: theirs), Is.Null, "it was renewed since, or is a conflict");
            Assert.That(CommandFor(Active, theirs, before: new TheirCode(CodeStatus.Expired, End)), Is.TypeOf<LicenseCommand.EndTerm>(), "a later term of it");
            Assert.That(CommandFor(Released, theirs), Is.Null);
        }
    }

    [TestCase(EndKnownBy.Activation, true)]
    [TestCase(EndKnownBy.Query, true)]
    [TestCase(EndKnownBy.Call, false)]
    public void Alive_AnotherEnd_ReplacesAnEstimateEitherWay(EndKnownBy endKnownBy, bool replaces)
    {
        foreach (var end in new[] { End.AddDays(30), End.AddDays(-30), End.AddSeconds(1) })
        {
            var command = CommandFor(Active, new TheirCode(CodeStatus.Alive, end), endKnownBy);
            Assert.That((command as LicenseCommand.CorrectEnd)?.ExpiresAt, Is.EqualTo(replaces ? end : (DateTimeOffset?)null));
        }
    }

    [Test]
    public void Alive_NeverRevivesAndSaysNothingWithoutAnEnd()
    {
        var theirs = new TheirCode(CodeStatus.Alive, End.AddDays(30));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(new[] { Frozen, Held, Released, ReleasedByClock, Revoked }.Select(license => CommandFor(license, theirs)), Is.All.Null);
            Assert.That(CommandFor(Active, new TheirCode(CodeStatus.Alive, null)), Is.Null);
            Assert.That(CommandFor(Active, new TheirCode(CodeStatus.Alive, End)), Is.Null);
            Assert.That(CommandFor(Active with { ExpiresAt = null }, theirs), Is.TypeOf<LicenseCommand.CorrectEnd>(), "perpetual was an estimate too");
        }
    }

    [Test]
    public void CorrectEnd_ChangesTheEndWithoutAnEarlierExpiryAndWithANewCode()
    {
        var decision = LicenseLifecycle.Decide(Active, new LicenseCommand.CorrectEnd(Calls.Marketplace, End, End.AddDays(-30)), Now);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(decision.Events.Single().Type, Is.EqualTo(LicenseEventType.Changed));
            Assert.That(decision.NeedsCode);
            Assert.That(decision.After.ExpiresAt, Is.EqualTo(End.AddDays(-30)));
            Assert.That(decision.After.EarlierExpiries, Is.Empty, "an expire call must not look late for it");
            Assert.That(
                LicenseLifecycle.Decide(Frozen, new LicenseCommand.CorrectEnd(Calls.Marketplace, End, End.AddDays(30)), Now).Outcome, Is.EqualTo(CommandOutcome.Noted));
        }
    }

    [Test]
    public void CorrectEnd_TheEndIsNotTheEstimateAnyMore_IsNoted()
    {
        var decision = LicenseLifecycle.Decide(Active, new LicenseCommand.CorrectEnd(Calls.Marketplace, End.AddDays(-365), End.AddDays(-30)), Now);

        Assert.That((decision.Outcome, decision.After.ExpiresAt), Is.EqualTo((CommandOutcome.Noted, Active.ExpiresAt)));
    }

    [Test]
    public void Differs_StateOrMoreThanADay()
    {
        var alive = new TheirCode(CodeStatus.Alive, End);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Differs(Active, alive), Is.False);
            Assert.That(Differs(Active, new TheirCode(CodeStatus.Alive, null)), Is.False);
            Assert.That(Differs(Active, new TheirCode(CodeStatus.Alive, End.AddDays(1))), Is.False);
            Assert.That(Differs(Active, new TheirCode(CodeStatus.Alive, End.AddDays(-1).AddSeconds(-1))));
            Assert.That(Differs(Active with { ExpiresAt = null }, alive));
            Assert.That(Differs(Frozen, alive));
            Assert.That(Differs(Held, alive), Is.False, "a hold is meant so");
            Assert.That(Differs(Released, alive));
            Assert.That(Differs(Revoked, alive));
            Assert.That(Differs(Active, new TheirCode(CodeStatus.Expired, End)));
            Assert.That(Differs(Frozen, new TheirCode(CodeStatus.Expired, End)), Is.False);
            Assert.That(Differs(Active, new TheirCode(CodeStatus.Released, null)));
            Assert.That(Differs(Released, new TheirCode(CodeStatus.Released, Now)), Is.False);
        }
    }

    private static LicenseCommand? CommandFor(License license, TheirCode theirs, EndKnownBy endKnownBy = EndKnownBy.Activation, TheirCode? before = null) =>
        CodeReconciliation.CommandFor(license, endKnownBy, theirs, before, Calls.Marketplace, Calls.Policy, Now);

    private static bool Differs(License license, TheirCode theirs) => CodeReconciliation.Differs(license, theirs, Now);
}
