using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>The rules that keep money safe, as far as the state machine alone keeps them.</summary>
internal sealed class LifecycleMoneyTests
{
    private static readonly DateTimeOffset Start = LicenseBuilder.Start;
    private static readonly DateTimeOffset End = LicenseBuilder.End;
    private static readonly DateTimeOffset GraceEnd = LicenseBuilder.GraceEnd;
    private static readonly DateTimeOffset Next = new(2028, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Grace = LicenseBuilder.Grace;
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private static Situation Active => Situation.Of(Column.Active);

    // Bought to End, renewed to Next.
    private static License Renewed => new LicenseBuilder().ExpiringAt(Next).RenewedFrom(End);

    // ---- V1 has no scene: the date has to tell

    [TestCase(-86400, CommandOutcome.Applied)]
    [TestCase(-86401, CommandOutcome.Conflict)]
    [TestCase(0, CommandOutcome.Applied)]
    [TestCase(86400, CommandOutcome.Applied)]
    [TestCase(86401, CommandOutcome.Conflict)]
    public void Refresh_EarlierDate_IsARefundOnlyWithinADayOfAnExpiryThatItHadBefore(int secondsOff, CommandOutcome outcome)
    {
        var given = Situation.At(Start.AddDays(200), Renewed);
        var date = End.AddSeconds(secondsOff);

        var decision = LicenseLifecycle.Decide(given.License, Calls.Refresh(date), given.Now);

        Assert.That(decision.Outcome, Is.EqualTo(outcome));
        Assert.That(decision.After.ExpiresAt, Is.EqualTo(outcome == CommandOutcome.Applied ? date : Next));
    }

    [Test]
    public void Refresh_EarlierDateOnALicenseThatWasNeverRenewed_IsAConflict()
    {
        LifecycleAssert.Conflict(Active, Calls.Refresh(End - Second));
        LifecycleAssert.Conflict(Active, Calls.Refresh(End.AddDays(-30)));
        LifecycleAssert.Conflict(Active, Calls.Refresh(Start.AddDays(-30)));
    }

    [Test]
    public void Refresh_AnyOfSeveralEarlierExpiries_IsARefund()
    {
        var third = new DateTimeOffset(2029, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var given = Situation.At(Start.AddDays(200), new LicenseBuilder().ExpiringAt(third).RenewedFrom(End, Next));

        LifecycleAssert.Applied(
            given, Calls.Refresh(End), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = End, EarlierExpiries = [End, Next, third] }, newCode: true);
        LifecycleAssert.Applied(
            given, Calls.Refresh(Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End, Next, third] }, newCode: true);
    }

    // "Had before" is read as another one than it has now: else the same date sent twice would let any date up to a day earlier through.
    [Test]
    public void Refresh_EarlierThanADateThatCameTwice_IsAConflictNotARefund()
    {
        var given = Situation.At(Start.AddDays(200), new LicenseBuilder().RenewedFrom(End));

        LifecycleAssert.Conflict(given, Calls.Refresh(End.AddHours(-12)));
    }

    [Test]
    public void Refresh_EqualDateOnAnActiveLicense_IsARenewal() =>
        LifecycleAssert.Applied(
            Active, Calls.Refresh(End), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { EarlierExpiries = [End] }, newCode: true);

    [Test]
    public void Refresh_EqualDate_IsARenewalAndThaws()
    {
        var given = Situation.Of(Column.FrozenByAnExpireCall);

        LifecycleAssert.Applied(
            given, Calls.Refresh(End), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiredByMarketplaceAt = null, EarlierExpiries = [End] }, newCode: true);
        LifecycleAssert.Applied(
            given, Calls.Renewal(End), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiredByMarketplaceAt = null, EarlierExpiries = [End] }, newCode: true);
    }

    [TestCase(TermPurpose.Unstated)]
    [TestCase(TermPurpose.Renewal)]
    [TestCase(TermPurpose.Change)]
    [TestCase(TermPurpose.Refund)]
    public void Renew_AnyDateOnAPerpetualLicense_IsAConflict(TermPurpose scene)
    {
        var perpetual = Situation.Of(Column.Active, license => license.Perpetual());
        var expired = Situation.Of(Column.FrozenByAnExpireCall, license => license.Perpetual());
        var held = Situation.Of(Column.FrozenByTheMarketplacesHold, license => license.Perpetual());

        foreach (var date in new[] { Start.AddYears(-1), End, LicenseTime.Latest })
        {
            LifecycleAssert.Conflict(perpetual, Calls.Renew(scene, date));
            LifecycleAssert.Conflict(expired, Calls.Renew(scene, date));
            LifecycleAssert.Conflict(held, Calls.Renew(scene, date));
        }
    }

    [Test]
    public void Renew_PerpetualLicenseReleasedByTheClock_IsAConflict()
    {
        var expiredAt = Start.AddDays(10);
        var given = Situation.At(
            Start.AddDays(30), new LicenseBuilder().Perpetual().ExpiredByTheMarketplace(expiredAt).ReleasedByTheClock());

        Assert.That(given.License.Release?.At, Is.EqualTo(expiredAt + Grace));
        LifecycleAssert.Conflict(given, Calls.Refresh(Next));
    }

    // A refund has nothing to take away from a license that is over: no alarm, whether it had an expiry or not.
    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Refund_PerpetualLicenseThatIsOver_IsNotedNotUnserved(Column column) =>
        LifecycleAssert.Noted(Situation.Of(column, license => license.Perpetual()), Calls.Refund(Next));

    [Test]
    public void Refund_PerpetualLicenseReleasedByTheClock_IsNoted() =>
        LifecycleAssert.Noted(
            Situation.At(
                Start.AddDays(30), new LicenseBuilder().Perpetual().ExpiredByTheMarketplace(Start.AddDays(10)).ReleasedByTheClock()),
            Calls.Refund(Next));

    [Test]
    public void Refresh_EarlierDateOnALicenseThatIsOver_IsUnservedUnlessItIsARefund()
    {
        LifecycleAssert.Unserved(Situation.Of(Column.ReleasedByTheMarketplace), Calls.Refresh(End.AddDays(-30)));
        LifecycleAssert.Conflict(Situation.Of(Column.ReleasedByTheClock), Calls.Refresh(End.AddDays(-30)));
    }

    // ---- with a scene

    [TestCase(TermPurpose.Renewal)]
    [TestCase(TermPurpose.Change)]
    public void Renew_LateRenewal_DoesNotShorten(TermPurpose scene)
    {
        // Even to a date that it had before: the scene says that it is no refund.
        var given = Situation.At(Start.AddDays(200), Renewed);

        LifecycleAssert.Conflict(given, Calls.Renew(scene, End));
        LifecycleAssert.Conflict(given, Calls.Renew(scene, Next - Second));
    }

    [Test]
    public void Renew_EarlierDateOnAFrozenLicense_IsAConflictAndStaysFrozen()
    {
        LifecycleAssert.Conflict(Situation.Of(Column.FrozenByTheTerm), Calls.Renewal(End - Second));
        LifecycleAssert.Conflict(Situation.Of(Column.FrozenByAnExpireCall), Calls.Renewal(End - Second));
        LifecycleAssert.Conflict(Situation.Of(Column.ReleasedByTheClock), Calls.Renewal(End - Second));
    }

    [Test]
    public void Refund_ToAnyEarlierDate_Shortens()
    {
        // V2 names the scene, so the date needs no history.
        var date = Start.AddDays(150);
        LifecycleAssert.Applied(
            Active, Calls.Refund(date), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = date, EarlierExpiries = [End] }, newCode: true);
    }

    [Test]
    public void Refund_ToADateInThePast_FreezesAtOnce()
    {
        var given = Active;
        var date = given.Now.AddDays(-1);

        LifecycleAssert.Applied(
            given, Calls.Refund(date), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = date, EarlierExpiries = [End] }, newCode: true,
            after: (LicenseEventType.Frozen, given.Now));
    }

    [Test]
    public void Refund_ToADateWhoseGraceIsOver_ReleasesAtOnce()
    {
        var given = Active;
        var date = given.Now - Grace;

        LifecycleAssert.Applied(
            given, Calls.Refund(date), LicenseState.Released, LicenseEventType.Renewed,
            license => license with { ExpiresAt = date, EarlierExpiries = [End], Release = new Release(given.Now, ReleasedBy.Clock) },
            newCode: true, after: [(LicenseEventType.Frozen, given.Now), (LicenseEventType.Released, given.Now)]);
    }

    [Test]
    public void Refund_ExpiredByTheMarketplace_IsNotThawed()
    {
        var given = Situation.At(Start.AddDays(201), new LicenseBuilder().ExpiringAt(Next).RenewedFrom(End).ExpiredByTheMarketplace(Start.AddDays(200)));

        var decision = LifecycleAssert.Applied(
            given, Calls.Refund(End), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = End, EarlierExpiries = [End, Next] }, newCode: true);

        Assert.That(decision.After.ExpiredByMarketplaceAt, Is.EqualTo(Start.AddDays(200)));
    }

    // The specification speaks of refunds to an earlier date only. A later one is what the marketplace says remains paid for, so the
    // customer gets it, but not by thawing: "never thaws". Where the date alone freezes the license, both cannot be, and an operator decides.
    [Test]
    public void Refund_LaterDateOnAnActiveLicense_IsWhatRemainsPaidFor() =>
        LifecycleAssert.Applied(
            Active, Calls.Refund(Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End] }, newCode: true);

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByTheTermUnsettled)]
    public void Refund_LaterDateOnALicenseFrozenByItsTerm_IsAConflictAndDoesNotThaw(Column column) =>
        LifecycleAssert.Conflict(Situation.Of(column), Calls.Refund(Next));

    [TestCase(Column.FrozenByAnExpireCall)]
    [TestCase(Column.FrozenByTheMarketplacesHold)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Refund_LaterDateOnALicenseFrozenForAnotherReason_IsSetAndStaysFrozen(Column column) =>
        LifecycleAssert.Applied(
            Situation.Of(column), Calls.Refund(Next), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End] }, newCode: true);

    [Test]
    public void Refund_LaterDateThatIsPastToo_MovesTheEndOfTheGrace()
    {
        var given = Situation.Of(Column.FrozenByTheTerm);
        var date = End.AddDays(2);

        var decision = LifecycleAssert.Applied(
            given, Calls.Refund(date), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = date, EarlierExpiries = [End] }, newCode: true);

        Assert.That(decision.After.GraceEndsAt, Is.EqualTo(date + Grace));
    }

    [Test]
    public void Formalise_TrialWithALongerTerm_MayShorten()
    {
        var given = Situation.Of(Column.Active, license => license.Trial());
        var date = End.AddDays(-100);

        LifecycleAssert.Applied(
            given, Calls.Formalise(date), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { Trial = false, ExpiresAt = date, EarlierExpiries = [End] }, newCode: true);
    }

    [Test]
    public void Formalise_PerpetualTrial_GetsATerm() =>
        LifecycleAssert.Applied(
            Situation.Of(Column.Active, license => license.Perpetual().Trial()), Calls.Formalise(Next),
            LicenseState.Active, LicenseEventType.Renewed, license => license with { Trial = false, ExpiresAt = Next }, newCode: true);

    // The row is about trial to formal. On a license that is no trial (any more) the call is taken as a renewal: it must not take away
    // what was bought since.
    [Test]
    public void Formalise_LicenseThatIsNoTrial_NeverShortens()
    {
        LifecycleAssert.Conflict(Active, Calls.Formalise(End - Second));
        LifecycleAssert.Conflict(Situation.Of(Column.Active, license => license.Perpetual()), Calls.Formalise(Next));
        LifecycleAssert.Applied(
            Situation.Of(Column.FrozenByTheTerm), Calls.Formalise(Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End] }, newCode: true);
    }

    // ---- expire

    [Test]
    public void Expire_LateRestartOnARenewedLicense_IsAConflictNotAFreeze() =>
        LifecycleAssert.Conflict(Situation.At(End.AddDays(1), Renewed), Calls.Expire);

    [Test]
    public void Expire_TwoDaysBeforeTheEndOfARenewedLicense_Freezes()
    {
        var limit = Next.AddDays(-2);

        LifecycleAssert.Conflict(Situation.At(limit - Millisecond, Renewed), Calls.Expire);
        foreach (var now in new[] { limit, Next - Second })
        {
            LifecycleAssert.Applied(
                Situation.At(now, Renewed), Calls.Expire, LicenseState.Frozen, LicenseEventType.Frozen,
                license => license with { ExpiredByMarketplaceAt = now });
        }
    }

    [Test]
    public void Expire_LongBeforeTheEndOfALicenseThatWasNeverRenewed_Freezes()
    {
        // The expiry in an order is only an estimate; the marketplace's expire call rules.
        var given = Situation.At(Start.AddDays(1), new LicenseBuilder());

        LifecycleAssert.Applied(
            given, Calls.Expire, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { ExpiredByMarketplaceAt = given.Now });
    }

    [TestCase(Column.FrozenByTheMarketplacesHold)]
    [TestCase(Column.FrozenByAnOperatorsHold)]
    public void Expire_LateRestartOnARenewedLicenseThatIsHeld_IsAConflictToo(Column column) =>
        LifecycleAssert.Conflict(Situation.Of(column, license => license.ExpiringAt(Next).RenewedFrom(End)), Calls.Expire);

    [Test]
    public void Expire_RestartedAfterARenewalToTheSameDate_IsAConflict()
    {
        var given = Situation.Of(Column.FrozenByAnExpireCall);
        var thawed = LicenseLifecycle.Decide(given.License, Calls.Refresh(End), given.Now).After;

        LifecycleAssert.Conflict(Situation.At(given.Now.AddDays(1), thawed), Calls.Expire);
    }

    // "A further expire is noted": there is nothing left that it could take away, so nothing to decide either.
    [Test]
    public void Expire_FurtherOneOnARenewedLicense_IsNotedNotAConflict() =>
        LifecycleAssert.Noted(
            Situation.Of(Column.FrozenByAnExpireCall, license => license.ExpiringAt(Next).RenewedFrom(End)), Calls.Expire);

    [Test]
    public void Expire_Again_TheFirstOneCounts()
    {
        var first = Situation.At(End.AddDays(2), new LicenseBuilder().FrozenByTheTerm());
        var license = LicenseLifecycle.Decide(first.License, Calls.Expire, first.Now).After;
        Assert.That(license.GraceEndsAt, Is.EqualTo(first.Now + Grace));

        foreach (var call in new[] { Calls.Expire, Calls.Freeze, Calls.Expire })
        {
            var now = license.LastEventAt.AddDays(3);
            LifecycleAssert.Noted(Situation.At(now, license), call);
            license = LicenseLifecycle.Decide(license, call, now).After;
        }

        Assert.That(license.GraceEndsAt, Is.EqualTo(first.Now + Grace), "further calls do not prolong the grace");
    }

    [Test]
    public void Expire_AfterARenewal_IsAFirstOneAgain()
    {
        var license = LicenseLifecycle.Decide(Situation.Of(Column.FrozenByAnExpireCall).License, Calls.Renewal(Next), Start.AddDays(130)).After;
        var now = Next.AddDays(-1);

        LifecycleAssert.Applied(
            Situation.At(now, license), Calls.Expire, LicenseState.Frozen, LicenseEventType.Frozen,
            each => each with { ExpiredByMarketplaceAt = now });
    }

    [Test]
    public void Expire_PerpetualLicense_FreezesAndBeginsItsGrace()
    {
        var given = Situation.Of(Column.Active, license => license.Perpetual());

        var frozen = LifecycleAssert.Applied(
            given, Calls.Expire, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { ExpiredByMarketplaceAt = given.Now }).After;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(frozen.GraceEndsAt, Is.EqualTo(given.Now + Grace));
            Assert.That(frozen.StateAt(given.Now + Grace - Millisecond), Is.EqualTo(LicenseState.Frozen));
            Assert.That(frozen.StateAt(given.Now + Grace), Is.EqualTo(LicenseState.Released));
        }
    }

    [Test]
    public void Expire_WithinASecond_CountsFromTheWholeSecond()
    {
        var second = Start.AddDays(50);
        var given = Situation.At(second + TimeSpan.FromMilliseconds(999), new LicenseBuilder());

        LifecycleAssert.Applied(
            given, Calls.Expire, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { ExpiredByMarketplaceAt = second });
    }

    // ---- FREEZE and UNFREEZE

    [Test]
    public void Freeze_OneDayBeforeTheEnd_IsAnExpire()
    {
        var limit = End - Day;
        var within = Situation.At(limit - Millisecond, new LicenseBuilder());
        var atTheLimit = Situation.At(limit, new LicenseBuilder());

        LifecycleAssert.Applied(
            within, Calls.Freeze, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { HoldMarketplace = new Hold(limit - Second, "the marketplace asked for it") });
        LifecycleAssert.Applied(
            atTheLimit, Calls.Freeze, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { ExpiredByMarketplaceAt = limit });
    }

    [Test]
    public void Freeze_AsAnExpire_IsThawedByTheRenewal()
    {
        var frozen = LicenseLifecycle.Decide(new LicenseBuilder(), Calls.Freeze, End.AddHours(-1)).After;

        LifecycleAssert.Applied(
            Situation.At(End.AddDays(1), frozen), Calls.Renewal(Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End], ExpiredByMarketplaceAt = null }, newCode: true);
    }

    [Test]
    public void Freeze_ForAViolation_IsNotThawedByARenewalButByUnfreeze()
    {
        var now = Start.AddDays(50);
        var frozen = LicenseLifecycle.Decide(new LicenseBuilder(), Calls.Freeze, now).After;
        var renewed = LicenseLifecycle.Decide(frozen, Calls.Renewal(Next), now.AddDays(1)).After;
        Assert.That(renewed.StateAt(now.AddDays(2)), Is.EqualTo(LicenseState.Frozen));

        LifecycleAssert.Applied(
            Situation.At(now.AddDays(2), renewed), Calls.Unfreeze, LicenseState.Active, LicenseEventType.Unfrozen,
            license => license with { HoldMarketplace = null });
    }

    [Test]
    public void Freeze_PerpetualLicense_IsAHoldAndNeverEndsByItself()
    {
        var given = Situation.Of(Column.Active, license => license.Perpetual());

        var decision = LifecycleAssert.Applied(
            given, Calls.Freeze, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { HoldMarketplace = new Hold(given.Now, "the marketplace asked for it") });

        Assert.That(decision.After.NextDueAt, Is.Null);
        Assert.That(decision.After.StateAt(LicenseTime.Latest), Is.EqualTo(LicenseState.Frozen));
    }

    [Test]
    public void Unfreeze_BothHold_TheOperatorsHoldStays()
    {
        var given = Situation.Of(Column.FrozenByAnOperatorsHold, license => license.HeldByTheMarketplace(Start.AddDays(1)));

        var decision = LifecycleAssert.Applied(
            given, Calls.Unfreeze, LicenseState.Frozen, LicenseEventType.Unfrozen, license => license with { HoldMarketplace = null });

        Assert.That(decision.After.HoldAdmin, Is.Not.Null);
    }

    [Test]
    public void Hold_DoesNotStopTheClock_TheGraceEndsAllTheSame()
    {
        License held = new LicenseBuilder().HeldByAnOperator(Start.AddDays(10));

        var decision = LicenseLifecycle.Settle(held, GraceEnd);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Released));
            Assert.That(decision.Events.Select(each => (each.Type, each.At)), Is.EqualTo([(LicenseEventType.Released, GraceEnd)]), "it was frozen all along");
        }
    }

    // ---- money wins over a timer

    [Test]
    public void Renew_AfterTheClocksRelease_RestoresMoneyWinsOverATimer()
    {
        var yearsLater = new DateTimeOffset(2031, 5, 5, 0, 0, 0, TimeSpan.Zero);
        var given = Situation.At(yearsLater, new LicenseBuilder().ReleasedByTheClock());

        LifecycleAssert.Applied(
            given, Calls.Refresh(yearsLater.AddYears(1)), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = yearsLater.AddYears(1), EarlierExpiries = [End], Release = null }, newCode: true);
    }

    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheClockUnsettled)]
    public void Renew_AfterTheMarketplaceMadeTheReleaseFinal_IsUnserved(Column column)
    {
        var given = Situation.Of(column);
        var final = LicenseLifecycle.Decide(given.License, Calls.Release, given.Now).After;

        LifecycleAssert.Unserved(Situation.At(given.Now, final), Calls.Renewal(Next));
    }

    [Test]
    public void Renew_HeldLicenseThatTheClockReleased_IsRestoredIntoItsHold()
    {
        var given = Situation.Of(Column.ReleasedByTheClock, license => license.HeldByAnOperator(Start.AddDays(10)));

        LifecycleAssert.Applied(
            given, Calls.Renewal(Next), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End], Release = null }, newCode: true);
    }

    [Test]
    public void Renew_DateInThePastWithGraceLeft_RestoresIntoFrozen()
    {
        var given = Situation.Of(Column.ReleasedByTheClock);
        var date = given.Now.AddDays(-1);

        LifecycleAssert.Applied(
            given, Calls.Renewal(date), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = date, EarlierExpiries = [End], Release = null }, newCode: true,
            after: (LicenseEventType.Frozen, given.Now));
    }

    [Test]
    public void Renew_DateWhoseGraceIsOverToo_IsServedAndReleasedAgain()
    {
        var given = Situation.At(GraceEnd.AddDays(60), new LicenseBuilder().ReleasedByTheClock());
        var date = End.AddDays(31);

        LifecycleAssert.Applied(
            given, Calls.Renewal(date), LicenseState.Released, LicenseEventType.Renewed,
            license => license with { ExpiresAt = date, EarlierExpiries = [End], Release = new Release(date + Grace, ReleasedBy.Clock) }, newCode: true,
            after: [(LicenseEventType.Frozen, given.Now), (LicenseEventType.Released, given.Now)]);
    }

    [Test]
    public void Renew_DateInThePastOnAFrozenLicense_StaysFrozenWithALongerGraceAndNoSecondFreeze()
    {
        var given = Situation.Of(Column.FrozenByTheTerm);
        var date = given.Now.AddDays(-1);

        var decision = LifecycleAssert.Applied(
            given, Calls.Renewal(date), LicenseState.Frozen, LicenseEventType.Renewed,
            license => license with { ExpiresAt = date, EarlierExpiries = [End] }, newCode: true);

        Assert.That(decision.After.NextDueAt, Is.EqualTo(date + Grace));
    }

    [Test]
    public void Renew_ManyTimesInOneSecond_EveryCodeHasAHigherNumberAndALaterTime()
    {
        License license = new LicenseBuilder();
        for (var i = 1; i <= 5; i++)
        {
            var renewed = LicenseLifecycle.Decide(license, Calls.Renewal(End.AddDays(i)), Start).After;
            Assert.That(renewed.Generation, Is.EqualTo(license.Generation + 1));
            Assert.That(renewed.CodeIssuedAt, Is.EqualTo(license.CodeIssuedAt + Second));
            license = renewed;
        }
    }

    [Test]
    public void Renew_NeverChangesTheProduct() =>
        Assert.That(LicenseLifecycle.Decide(Active.License, Calls.Renewal(Next), Active.Now).After.Product, Is.EqualTo(Active.License.Product));

    // ---- test licenses

    private static IEnumerable<LicenseCommand> MarketplaceCalls =>
    [
        Calls.Expire, Calls.Freeze, Calls.Unfreeze, Calls.Release,
        .. from scene in Enum.GetValues<TermPurpose>() from date in new[] { Start, End.AddDays(-30), End, Next } select Calls.Renew(scene, date),
    ];

    [Test]
    public void Test_AnyMarketplaceCallInAnyState_Succeeds(
        [Values] Column column, [ValueSource(nameof(MarketplaceCalls))] LicenseCommand call, [Values] bool renewed)
    {
        var given = Situation.Of(column, license => renewed ? license.Test().RenewedFrom(Start.AddDays(50)) : license.Test());

        var decision = LicenseLifecycle.Decide(given.License, call, given.Now);

        Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Applied).Or.EqualTo(CommandOutcome.Noted));
        Assert.That(decision.Events.Select(each => each.Type), Has.None.EqualTo(LicenseEventType.Conflict).And.None.EqualTo(LicenseEventType.Unserved));
    }

    [Test]
    public void Test_WhatWouldBeAConflictOrUnserved_IsNotedAndChangesNothing()
    {
        LifecycleAssert.Noted(Situation.Of(Column.Active, license => license.Test()), Calls.Refresh(End - Second));
        LifecycleAssert.Noted(Situation.Of(Column.Active, license => license.Test()), Calls.Renewal(End - Second));
        LifecycleAssert.Noted(Situation.Of(Column.Active, license => license.Test().Perpetual()), Calls.Renewal(Next));
        LifecycleAssert.Noted(Situation.Of(Column.Active, license => license.Test().ExpiringAt(Next).RenewedFrom(End)), Calls.Expire);
        LifecycleAssert.Noted(Situation.Of(Column.FrozenByTheTerm, license => license.Test()), Calls.Refund(Next));
        LifecycleAssert.Noted(Situation.Of(Column.ReleasedByTheMarketplace, license => license.Test()), Calls.Renewal(Next));
        LifecycleAssert.Noted(Situation.Of(Column.Revoked, license => license.Test().Trial()), Calls.Formalise(Next));
    }

    // ---- no grace

    [Test]
    public void Settle_NoGrace_IsFrozenAndReleasedAtTheEndOfTheTerm()
    {
        License license = new LicenseBuilder().WithGrace(TimeSpan.Zero);

        var decision = LicenseLifecycle.Settle(license, End);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(license.StateAt(End - Millisecond), Is.EqualTo(LicenseState.Active));
            Assert.That(license.StateAt(End), Is.EqualTo(LicenseState.Released));
            Assert.That(
                decision.Events.Select(each => (each.Type, each.At)),
                Is.EqualTo([(LicenseEventType.Frozen, End), (LicenseEventType.Released, End)]));
            Assert.That(decision.After.Release?.At, Is.EqualTo(End));
            Assert.That(decision.After.Release?.By, Is.EqualTo(ReleasedBy.Clock));
        }
    }

    [Test]
    public void Expire_NoGraceWithinTheTerm_IsFrozenUntilTheTermIsOver()
    {
        // The later of both counts: what was paid for stays renewable to its end.
        var frozen = LicenseLifecycle.Decide(new LicenseBuilder().WithGrace(TimeSpan.Zero), Calls.Expire, Start.AddDays(10)).After;

        Assert.That(frozen.StateAt(End - Millisecond), Is.EqualTo(LicenseState.Frozen));
        Assert.That(frozen.StateAt(End), Is.EqualTo(LicenseState.Released));
    }

    [Test]
    public void Expire_NoGraceOnAPerpetualLicense_IsReleasedAtOnce()
    {
        var given = Situation.Of(Column.Active, license => license.Perpetual().WithGrace(TimeSpan.Zero));

        LifecycleAssert.Applied(
            given, Calls.Expire, LicenseState.Released, LicenseEventType.Frozen,
            license => license with { ExpiredByMarketplaceAt = given.Now, Release = new Release(given.Now, ReleasedBy.Clock) },
            after: (LicenseEventType.Released, given.Now));
    }

    [Test]
    public void Renew_NoGraceAndTheTermJustOver_RestoresAllTheSame() =>
        LifecycleAssert.Applied(
            Situation.At(End, new LicenseBuilder().WithGrace(TimeSpan.Zero).ReleasedByTheClock()), Calls.Renewal(Next),
            LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End], Release = null }, newCode: true);
}
