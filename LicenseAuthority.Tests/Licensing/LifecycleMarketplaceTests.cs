using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>Every cell of the table of events and states, for the marketplace's calls.</summary>
internal sealed class LifecycleMarketplaceTests
{
    private static readonly DateTimeOffset End = LicenseBuilder.End;
    private static readonly DateTimeOffset Next = new(2028, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Earlier than the end, near enough that a license in its grace stays in it.
    private static readonly DateTimeOffset Before = End.AddDays(-5);

    private static readonly ConflictProposal Asked = new(Expire: false, ExpiresAt: null, Quantity: 6);

    private static IEnumerable<Column> AllColumns => Enum.GetValues<Column>();

    // ---- renew

    [Test]
    public void Renew_Active_SetsTheNewExpiryAndNeedsANewCode(
        [Values(TermPurpose.Unstated, TermPurpose.Renewal, TermPurpose.Change)] TermPurpose scene) =>
        LifecycleAssert.Applied(
            Situation.Of(Column.Active), Calls.Renew(scene, Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End] }, newCode: true);

    [Test]
    public void Renew_FrozenByExpiry_Thaws(
        [Values(Column.FrozenByTheTerm, Column.FrozenByTheTermUnsettled, Column.FrozenByAnExpireCall)] Column column,
        [Values(TermPurpose.Unstated, TermPurpose.Renewal, TermPurpose.Change)] TermPurpose scene) =>
        LifecycleAssert.Applied(
            Situation.Of(column), Calls.Renew(scene, Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End], ExpiredByMarketplaceAt = null }, newCode: true);

    [TestCase(Column.FrozenByTheMarketplacesHold)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Renew_FrozenByAHold_SetsTheNewExpiryAndTheHoldStays(Column column) =>
        LifecycleAssert.Applied(
            Situation.Of(column), Calls.Renewal(Next), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End] }, newCode: true);

    [Test]
    public void Renew_ReleasedByTheClock_RestoresMoneyWinsOverATimer(
        [Values(Column.ReleasedByTheClock, Column.ReleasedByTheClockUnsettled)] Column column,
        [Values(TermPurpose.Unstated, TermPurpose.Renewal, TermPurpose.Change)] TermPurpose scene) =>
        LifecycleAssert.Applied(
            Situation.Of(column), Calls.Renew(scene, Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End], Release = null }, newCode: true);

    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Renew_OverForGood_IsUnserved(Column column)
    {
        var given = Situation.Of(column);
        LifecycleAssert.Unserved(given, Calls.Refresh(Next));
        LifecycleAssert.Unserved(given, Calls.Renewal(Next));
        LifecycleAssert.Unserved(given, Calls.Renew(TermPurpose.Change, Next));
    }

    // ---- refund of a renewal

    [Test]
    public void Refund_Active_SetsTheEarlierExpiryAndNeedsANewCode() =>
        LifecycleAssert.Applied(
            Situation.Of(Column.Active), Calls.Refund(Before), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Before, EarlierExpiries = [End] }, newCode: true);

    [Test]
    public void Refund_ActiveWithoutScene_SetsTheExpiryThatTheLicenseHadBefore() =>
        LifecycleAssert.Applied(
            Situation.Of(Column.Active, license => license.RenewedFrom(Before)), Calls.Refresh(Before),
            LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Before, EarlierExpiries = [Before, End] }, newCode: true);

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByTheTermUnsettled)]
    [TestCase(Column.FrozenByAnExpireCall)]
    [TestCase(Column.FrozenByTheMarketplacesHold)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Refund_Frozen_SetsTheEarlierExpiryAndNeverThaws(Column column)
    {
        LifecycleAssert.Applied(
            Situation.Of(column), Calls.Refund(Before), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Before, EarlierExpiries = [End] }, newCode: true);
        LifecycleAssert.Applied(
            Situation.Of(column, license => license.RenewedFrom(Before)), Calls.Refresh(Before),
            LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Before, EarlierExpiries = [Before, End] }, newCode: true);
    }

    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheClockUnsettled)]
    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Refund_Over_IsNoted(Column column)
    {
        LifecycleAssert.Noted(Situation.Of(column), Calls.Refund(Before));
        LifecycleAssert.Noted(Situation.Of(column, license => license.RenewedFrom(Before)), Calls.Refresh(Before));
    }

    // ---- expire

    [Test]
    public void Expire_Active_IsFrozenFromNow()
    {
        var given = Situation.Of(Column.Active);
        LifecycleAssert.Applied(
            given, Calls.Expire, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { ExpiredByMarketplaceAt = given.Now });
    }

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByTheTermUnsettled)]
    [TestCase(Column.FrozenByTheMarketplacesHold)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Expire_FrozenForTheFirstTime_CountsAndMovesTheEndOfTheGrace(Column column)
    {
        var given = Situation.Of(column);

        var decision = LifecycleAssert.Applied(
            given, Calls.Expire, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { ExpiredByMarketplaceAt = given.Now });

        var laterEnd = given.Now > End ? given.Now : End;
        Assert.That(decision.After.GraceEndsAt, Is.EqualTo(laterEnd + LicenseBuilder.Grace));
    }

    [Test]
    public void Expire_FrozenByAnExpireCall_IsNoted() => LifecycleAssert.Noted(Situation.Of(Column.FrozenByAnExpireCall), Calls.Expire);

    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheClockUnsettled)]
    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Expire_Over_IsNoted(Column column) => LifecycleAssert.Noted(Situation.Of(column), Calls.Expire);

    // ---- FREEZE

    [TestCase(Column.Active)]
    [TestCase(Column.FrozenByAnExpireCall)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Freeze_WithinTheTerm_IsAHold(Column column)
    {
        var given = Situation.Of(column);
        LifecycleAssert.Applied(
            given, Calls.Freeze, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { HoldMarketplace = new Hold(given.Now, "the marketplace asked for it") });
    }

    [Test]
    public void Freeze_HeldBefore_IsNotedAndTheFirstHoldStays() =>
        LifecycleAssert.Noted(Situation.Of(Column.FrozenByTheMarketplacesHold), Calls.Freeze);

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByTheTermUnsettled)]
    public void Freeze_AfterTheTerm_IsAnExpireAndNoHold(Column column)
    {
        var given = Situation.Of(column);
        LifecycleAssert.Applied(
            given, Calls.Freeze, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { ExpiredByMarketplaceAt = given.Now });
    }

    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheClockUnsettled)]
    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Freeze_Over_IsNoted(Column column) => LifecycleAssert.Noted(Situation.Of(column), Calls.Freeze);

    // ---- UNFREEZE

    [Test]
    public void Unfreeze_Active_IsNoted() => LifecycleAssert.Noted(Situation.Of(Column.Active), Calls.Unfreeze);

    [Test]
    public void Unfreeze_HeldByTheMarketplace_LiftsTheHold() =>
        LifecycleAssert.Applied(
            Situation.Of(Column.FrozenByTheMarketplacesHold), Calls.Unfreeze, LicenseState.Active, LicenseEventType.Unfrozen,
            license => license with { HoldMarketplace = null });

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByTheTermUnsettled)]
    [TestCase(Column.FrozenByAnExpireCall)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Unfreeze_FrozenForAnotherReason_IsNotedAndStaysFrozen(Column column) =>
        LifecycleAssert.Noted(Situation.Of(column), Calls.Unfreeze);

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByAnExpireCall)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Unfreeze_HeldByTheMarketplaceAndFrozenForAnotherReason_LiftsTheHoldOnly(Column column)
    {
        // The hold is put on first, so that the column's own time of the last event stays.
        var given = Situation.Of(column, license => license.HeldByTheMarketplace(LicenseBuilder.Start.AddDays(10)));

        LifecycleAssert.Applied(
            given, Calls.Unfreeze, LicenseState.Frozen, LicenseEventType.Unfrozen, license => license with { HoldMarketplace = null });
    }

    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheClockUnsettled)]
    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Unfreeze_Over_IsNoted(Column column) => LifecycleAssert.Noted(Situation.Of(column), Calls.Unfreeze);

    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.Revoked)]
    public void Unfreeze_OverWhileHeld_IsNotedAndTheHoldStays(Column column) =>
        LifecycleAssert.Noted(Situation.Of(column, license => license.HeldByTheMarketplace(LicenseBuilder.Start.AddDays(10))), Calls.Unfreeze);

    // ---- release

    [TestCase(Column.Active)]
    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByTheTermUnsettled)]
    [TestCase(Column.FrozenByAnExpireCall)]
    [TestCase(Column.FrozenByTheMarketplacesHold)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Release_NotOver_IsReleasedByTheMarketplace(Column column)
    {
        var given = Situation.Of(column);
        LifecycleAssert.Applied(
            given, Calls.Release, LicenseState.Released, LicenseEventType.Released,
            license => license with { Release = new Release(given.Now, ReleasedBy.Marketplace) });
    }

    // When it was released stays what it was: the marketplace only makes it final.
    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheClockUnsettled)]
    public void Release_ReleasedByTheClock_BecomesReleasedByTheMarketplace(Column column) =>
        LifecycleAssert.Applied(
            Situation.Of(column), Calls.Release, LicenseState.Released, LicenseEventType.Released,
            license => license with { Release = license.Release! with { By = ReleasedBy.Marketplace } });

    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Release_OverForGood_IsNoted(Column column) => LifecycleAssert.Noted(Situation.Of(column), Calls.Release);

    // ---- formalise

    [Test]
    public void Formalise_Active_SetsTheExpiryClearsTheTrialAndNeedsANewCode() =>
        LifecycleAssert.Applied(
            Situation.Of(Column.Active, license => license.Trial()), Calls.Formalise(Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { Trial = false, ExpiresAt = Next, EarlierExpiries = [End] }, newCode: true);

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByTheTermUnsettled)]
    [TestCase(Column.FrozenByAnExpireCall)]
    public void Formalise_FrozenByExpiry_Thaws(Column column) =>
        LifecycleAssert.Applied(
            Situation.Of(column, license => license.Trial()), Calls.Formalise(Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { Trial = false, ExpiresAt = Next, EarlierExpiries = [End], ExpiredByMarketplaceAt = null }, newCode: true);

    [TestCase(Column.FrozenByTheMarketplacesHold)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Formalise_FrozenByAHold_TheHoldStays(Column column) =>
        LifecycleAssert.Applied(
            Situation.Of(column, license => license.Trial()), Calls.Formalise(Next), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { Trial = false, ExpiresAt = Next, EarlierExpiries = [End] }, newCode: true);

    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheClockUnsettled)]
    public void Formalise_ReleasedByTheClock_Restores(Column column) =>
        LifecycleAssert.Applied(
            Situation.Of(column, license => license.Trial()), Calls.Formalise(Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { Trial = false, ExpiresAt = Next, EarlierExpiries = [End], Release = null }, newCode: true);

    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Formalise_OverForGood_IsUnserved(Column column) =>
        LifecycleAssert.Unserved(Situation.Of(column, license => license.Trial()), Calls.Formalise(Next));

    // ---- another quantity

    [TestCase(Column.Active, LicenseState.Active)]
    [TestCase(Column.FrozenByTheTerm, LicenseState.Frozen)]
    [TestCase(Column.FrozenByTheTermUnsettled, LicenseState.Frozen)]
    [TestCase(Column.FrozenByAnExpireCall, LicenseState.Frozen)]
    [TestCase(Column.FrozenByTheMarketplacesHold, LicenseState.Frozen)]
    [TestCase(Column.FrozenByAnOperatorsHold, LicenseState.Frozen)]
    public void Quantity_NotOver_ALargerOneIsSetWithANewCodeAndASmallerOneIsAConflict(Column column, LicenseState state)
    {
        LifecycleAssert.Applied(
            Situation.Of(column), Calls.Quantity(6), state, LicenseEventType.Changed, license => license with { Quantity = 6 }, newCode: true);
        LifecycleAssert.Noted(Situation.Of(column), Calls.Quantity(5));
        var decision = LifecycleAssert.Kept(Situation.Of(column), Calls.Quantity(4), CommandOutcome.Conflict);
        Assert.That(decision.Proposal, Is.EqualTo(new ConflictProposal(Expire: false, ExpiresAt: null, Quantity: 4)));
    }

    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheClockUnsettled)]
    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Quantity_Over_ALargerOneIsUnservedAndASmallerOneNoted(Column column)
    {
        LifecycleAssert.Unserved(Situation.Of(column), Calls.Quantity(6));
        LifecycleAssert.Noted(Situation.Of(column), Calls.Quantity(5));
        LifecycleAssert.Noted(Situation.Of(column), Calls.Quantity(4));
    }

    // ---- what is proposed of a call that was kept: what that very call asked for

    [Test]
    public void Conflict_AnyCall_ProposesWhatThatCallAskedFor()
    {
        var renewed = Situation.Of(Column.Active, license => license.RenewedFrom(End.AddYears(-1)));
        var expired = LifecycleAssert.Kept(renewed, Calls.Expire, CommandOutcome.Conflict);
        var earlier = LifecycleAssert.Kept(Situation.Of(Column.Active), Calls.Refresh(Before), CommandOutcome.Conflict);
        var unserved = LifecycleAssert.Kept(Situation.Of(Column.Revoked), Calls.Renewal(Next), CommandOutcome.Unserved);
        var noted = LifecycleAssert.Kept(Situation.Of(Column.Revoked), Calls.Expire, CommandOutcome.Noted);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(expired.Proposal, Is.EqualTo(new ConflictProposal(Expire: true, ExpiresAt: null, Quantity: null)));
            Assert.That(earlier.Proposal, Is.EqualTo(new ConflictProposal(Expire: false, Before, Quantity: null)));
            Assert.That(unserved.Proposal, Is.EqualTo(new ConflictProposal(Expire: false, Next, Quantity: null)));
            Assert.That(noted.Proposal, Is.Null);
        }
    }

    // ---- another marketplace means its calls otherwise

    [Test]
    public void Decide_PolicyOfAnotherMarketplace_ItsRulesCountAndNotThoseOfTheFirst()
    {
        var other = new CallPolicy
        {
            RefundTolerance = TimeSpan.Zero,
            StaleEndMargin = TimeSpan.MaxValue,
            SuspensionIsEndMargin = TimeSpan.Zero,
            ReplaysTestCases = false,
        };
        var renewed = Situation.Of(Column.Active, license => license.RenewedFrom(End.AddDays(-30)));
        var nearTheEnd = Situation.At(End.AddHours(-1), new LicenseBuilder());
        var revokedTest = Situation.Of(Column.Revoked, license => license.Test());
        LicenseCommand refund = new LicenseCommand.SetTerm(Calls.Marketplace, other, TermPurpose.Unstated, End.AddDays(-30).AddHours(1));

        LifecycleAssert.Conflict(renewed, refund);
        Assert.That(
            LicenseLifecycle.Decide(renewed.License, new LicenseCommand.EndTerm(Calls.Marketplace, other), renewed.Now).Outcome,
            Is.EqualTo(CommandOutcome.Applied), "no end of the term is stale");
        Assert.That(
            LicenseLifecycle.Decide(nearTheEnd.License, new LicenseCommand.Suspend(Calls.Marketplace, other, "a violation"), nearTheEnd.Now).After.HoldMarketplace,
            Is.Not.Null, "a suspension is a hold up to the end");
        LifecycleAssert.Unserved(revokedTest, new LicenseCommand.SetTerm(Calls.Marketplace, other, TermPurpose.Renewal, Next));
    }

    // ---- the same order with other content

    [TestCaseSource(nameof(AllColumns))]
    public void KeepConflict_AnyState_IsKeptWithoutAnyOtherEffect(Column column)
    {
        var given = Situation.Of(column);
        var decision = LicenseLifecycle.KeepConflict(given.License, Calls.Marketplace, Calls.Policy, Asked, "another quantity", given.Now);
        LifecycleAssert.Kept(given, Calls.Marketplace, decision, CommandOutcome.Conflict);
        Assert.That(decision.Proposal, Is.SameAs(Asked));
    }

    [TestCaseSource(nameof(AllColumns))]
    public void KeepConflict_TestLicense_IsNoted(Column column)
    {
        var given = Situation.Of(column, license => license.Test());
        var decision = LicenseLifecycle.KeepConflict(given.License, Calls.Marketplace, Calls.Policy, Asked, "another quantity", given.Now);
        LifecycleAssert.Kept(given, Calls.Marketplace, decision, CommandOutcome.Noted);
    }
}
