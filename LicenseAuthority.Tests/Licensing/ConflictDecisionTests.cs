using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>What an operator's decision on a conflict does in each column of the table of events and states.</summary>
internal sealed class ConflictDecisionTests
{
    private static readonly CallSource Operator = new("admin:bootstrap", "applyConflict");
    private static readonly DateTimeOffset OtherEnd = LicenseBuilder.End.AddDays(200);

    [Test]
    public void Apply_OtherExpiryAndQuantity_SetsBothWithANewCode([Values(Column.Active, Column.FrozenByAnOperatorsHold)] Column column)
    {
        var situation = Situation.Of(column);

        var decision = Decide(situation, new ConflictProposal(Expire: false, OtherEnd, Quantity: 9));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(decision.After.ExpiresAt, Is.EqualTo(OtherEnd));
            Assert.That(decision.After.Quantity, Is.EqualTo(9));
            Assert.That(decision.NeedsCode, Is.True);
            Assert.That(decision.After.Generation, Is.EqualTo(situation.License.Generation + 1));
            Assert.That(decision.Events[^1].Type, Is.EqualTo(LicenseEventType.Renewed));
        }
    }

    [Test]
    public void Apply_WhatTheCallDidNotSay_StaysAsItIs()
    {
        var situation = Situation.Of(Column.Active);

        var decision = Decide(situation, new ConflictProposal(Expire: false, ExpiresAt: null, Quantity: 9));

        Assert.That(decision.After.ExpiresAt, Is.EqualTo(situation.License.ExpiresAt));
    }

    [Test]
    public void Apply_LateExpire_FreezesWithoutANewCode()
    {
        var decision = Decide(Situation.Of(Column.Active), new ConflictProposal(Expire: true, ExpiresAt: null, Quantity: null));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Frozen));
            Assert.That(decision.After.ExpiredByMarketplaceAt, Is.Not.Null);
            Assert.That(decision.NeedsCode, Is.False);
        }
    }

    [Test]
    public void Apply_LateExpireAfterAnotherExpire_Refused() => Assert.That(
        Decide(Situation.Of(Column.FrozenByAnExpireCall), new ConflictProposal(Expire: true, ExpiresAt: null, Quantity: null)).Outcome,
        Is.EqualTo(CommandOutcome.Refused));

    [Test]
    public void Apply_LicenseIsOver_RefusedAndNothingChanges(
        [Values(
            Column.ReleasedByTheClock, Column.ReleasedByTheClockUnsettled, Column.ReleasedByTheMarketplace, Column.ReleasedByAnOperator, Column.Revoked)]
        Column column)
    {
        var situation = Situation.Of(column);

        var decision = Decide(situation, new ConflictProposal(Expire: false, OtherEnd, Quantity: null));

        Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Refused));
        Assert.That(decision.After, Is.SameAs(situation.License));
    }

    [Test]
    public void Apply_ExpiryAheadAfterAnExpireCall_Thaws()
    {
        var situation = Situation.Of(Column.FrozenByAnExpireCall);

        var decision = Decide(situation, new ConflictProposal(Expire: false, situation.Now.AddSeconds(1), Quantity: null));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Active));
            Assert.That(decision.After.ExpiredByMarketplaceAt, Is.Null);
        }
    }

    [Test]
    public void Apply_ExpiryAheadAfterAnExpireCallAndAHold_HoldStays()
    {
        var situation = Situation.Of(Column.FrozenByAnExpireCall);
        var held = situation.License with { HoldAdmin = new Hold(situation.Now, "an unpaid invoice") };

        var decision = Decide(situation with { License = held }, new ConflictProposal(Expire: false, OtherEnd, Quantity: null));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Frozen));
            Assert.That(decision.After.ExpiredByMarketplaceAt, Is.Null);
            Assert.That(decision.After.HoldAdmin, Is.Not.Null);
        }
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(null)]
    public void Apply_NoTimeAheadAfterAnExpireCall_StaysExpiredByTheMarketplace(int? secondsAhead)
    {
        var situation = Situation.Of(Column.FrozenByAnExpireCall);

        var decision = Decide(situation, new ConflictProposal(Expire: false, secondsAhead is { } ahead ? situation.Now.AddSeconds(ahead) : null, Quantity: 9));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Frozen));
            Assert.That(decision.After.ExpiredByMarketplaceAt, Is.EqualTo(situation.License.ExpiredByMarketplaceAt));
        }
    }

    [Test]
    public void ApplyUnserved_ReleasedByWhomever_RestoredWithTheOrdersExpiryAndANewCode(
        [Values(Column.ReleasedByTheMarketplace, Column.ReleasedByAnOperator, Column.ReleasedByTheClock, Column.ReleasedByTheClockUnsettled)] Column column)
    {
        var situation = Situation.Of(column);

        var decision = Decide(situation, new ConflictProposal(Expire: false, OtherEnd, Quantity: null), ConflictKind.Unserved);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Active));
            Assert.That(decision.After.Release, Is.Null);
            Assert.That(decision.After.ExpiresAt, Is.EqualTo(OtherEnd));
            Assert.That(decision.NeedsCode, Is.True);
            Assert.That(decision.Events[^1].Type, Is.EqualTo(LicenseEventType.Renewed));
            Assert.That(decision.Events[^1].Source, Is.EqualTo(Operator));
        }
    }

    [Test]
    public void ApplyUnserved_OrderEndsBeforeTheReleasedLicenseDid_HasTheOrdersExpiry()
    {
        var situation = Situation.Of(Column.ReleasedByTheMarketplace);
        var earlier = situation.License.ExpiresAt!.Value.AddDays(-7);

        var decision = Decide(situation, new ConflictProposal(Expire: false, earlier, Quantity: null), ConflictKind.Unserved);

        Assert.That(decision.After.ExpiresAt, Is.EqualTo(earlier));
    }

    [Test]
    public void ApplyUnserved_RestoredByAnotherOrderMeanwhile_NeverShortens([Values] bool perpetual)
    {
        var situation = Situation.Of(Column.Active, license => license.With(facts => perpetual ? facts with { ExpiresAt = null } : facts));

        var decision = Decide(situation, new ConflictProposal(Expire: false, LicenseBuilder.End.AddDays(-7), Quantity: null), ConflictKind.Unserved);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(decision.After.ExpiresAt, Is.EqualTo(situation.License.ExpiresAt));
        }
    }

    [Test]
    public void ApplyUnserved_TrialThatBecomesFormal_IsNoTrialAnyMore([Values] bool formalise)
    {
        var situation = Situation.Of(Column.ReleasedByTheMarketplace, license => license.With(facts => facts with { Trial = true }));

        var decision = Decide(situation, new ConflictProposal(Expire: false, OtherEnd, Quantity: null) { Formalise = formalise }, ConflictKind.Unserved);

        Assert.That(decision.After.Trial, Is.EqualTo(!formalise));
    }

    [Test]
    public void ApplyUnserved_Revoked_RefusedAndNothingChanges()
    {
        var situation = Situation.Of(Column.Revoked);

        var decision = Decide(situation, new ConflictProposal(Expire: false, OtherEnd, Quantity: null), ConflictKind.Unserved);

        Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Refused));
        Assert.That(decision.After, Is.SameAs(situation.License));
    }

    [Test]
    public void ApplyUnserved_NoNewExpiry_Refused() => Assert.That(
        Decide(Situation.Of(Column.ReleasedByTheMarketplace), new ConflictProposal(Expire: false, null, Quantity: 9), ConflictKind.Unserved).Outcome,
        Is.EqualTo(CommandOutcome.Refused));

    [Test]
    public void LateEnd_IsKnown_WhileOpenOrDismissedWithTheSameExpiry()
    {
        var then = LicenseBuilder.End;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new LateEnd(ConflictStatus.Open, null).IsKnown(then), Is.True);
            Assert.That(new LateEnd(ConflictStatus.Dismissed, then).IsKnown(then), Is.True);
            Assert.That(new LateEnd(ConflictStatus.Dismissed, then).IsKnown(then.AddSeconds(1)), Is.False);
            Assert.That(new LateEnd(ConflictStatus.Dismissed, null).IsKnown(null), Is.False, "dismissed before the expiry was kept with it");
            Assert.That(new LateEnd(ConflictStatus.Applied, then).IsKnown(then), Is.False);
        }
    }

    [Test]
    public void Dismiss_AnyState_IsNotedAndChangesNoFact([Values] Column column)
    {
        var situation = Situation.Of(column);

        var decision = LicenseLifecycle.Decide(situation.License, new LicenseCommand.DismissConflict(Operator, "conflict dismissed"), situation.Now);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Noted));
            Assert.That(decision.After.RecordedState, Is.EqualTo(situation.Settled.RecordedState));
            Assert.That(decision.After.ExpiresAt, Is.EqualTo(situation.Settled.ExpiresAt));
            Assert.That(decision.NeedsCode, Is.False);
            Assert.That(decision.Events[^1].Type, Is.EqualTo(LicenseEventType.Noted));
        }
    }

    private static LicenseDecision Decide(Situation situation, ConflictProposal proposal, ConflictKind kind = ConflictKind.Conflict) =>
        LicenseLifecycle.Decide(situation.License, new LicenseCommand.ApplyConflict(Operator, kind, proposal, "conflict applied"), situation.Now);
}
