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

    private static LicenseDecision Decide(Situation situation, ConflictProposal proposal) =>
        LicenseLifecycle.Decide(situation.License, new LicenseCommand.ApplyConflict(Operator, proposal, "conflict applied"), situation.Now);
}
