using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>Limits of time, settling, and a clock that goes back.</summary>
internal sealed class LifecycleClockTests
{
    private static readonly DateTimeOffset Start = LicenseBuilder.Start;
    private static readonly DateTimeOffset End = LicenseBuilder.End;
    private static readonly DateTimeOffset GraceEnd = LicenseBuilder.GraceEnd;
    private static readonly DateTimeOffset Next = new(2028, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    // ---- half-open: at the limit it is over

    [Test]
    public void Settle_JustBeforeTheEnd_RecordsNothing()
    {
        License license = new LicenseBuilder();

        var decision = LicenseLifecycle.Settle(license, End - Millisecond);

        Assert.That(decision.After, Is.SameAs(license));
        Assert.That(decision.Events, Is.Empty);
    }

    [Test]
    public void Settle_AtTheEnd_IsFrozen()
    {
        License license = new LicenseBuilder();

        var decision = LicenseLifecycle.Settle(license, End);

        LifecycleAssert.Facts(decision.After, new LicenseBuilder().FrozenByTheTerm().With(each => each with { Version = 2 }));
        Assert.That(
            decision.Events.Select(each => (each.Type, each.At, each.Source)),
            Is.EqualTo([(LicenseEventType.Frozen, End, CallSource.Clock)]));
        Assert.That(decision.NeedsCode, Is.False);
    }

    [Test]
    public void Settle_AtTheEndOfTheGrace_IsReleased()
    {
        License frozen = new LicenseBuilder().FrozenByTheTerm();

        Assert.That(LicenseLifecycle.Settle(frozen, GraceEnd - Millisecond).After, Is.SameAs(frozen));
        LifecycleAssert.Facts(
            LicenseLifecycle.Settle(frozen, GraceEnd).After, new LicenseBuilder().ReleasedByTheClock().With(each => each with { Version = 2 }));
    }

    [Test]
    public void Settle_YearsLate_RecordsWhatHappenedWhenItHappened()
    {
        var decision = LicenseLifecycle.Settle(new LicenseBuilder(), End.AddYears(5));

        LifecycleAssert.Facts(decision.After, new LicenseBuilder().ReleasedByTheClock().With(each => each with { Version = 2 }));
        Assert.That(
            decision.Events.Select(each => (each.Type, each.At)),
            Is.EqualTo([(LicenseEventType.Frozen, End), (LicenseEventType.Released, GraceEnd)]));
    }

    [TestCase(Column.Active)]
    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Settle_Again_RecordsNothing(Column column)
    {
        var given = Situation.Of(column);

        var decision = LicenseLifecycle.Settle(given.License, given.Now);

        Assert.That(decision.After, Is.SameAs(given.License));
        Assert.That(decision.Events, Is.Empty);
    }

    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    [TestCase(Column.Revoked)]
    public void Settle_OverForGood_TheClockChangesNothingAnyMore(Column column)
    {
        var license = Situation.Of(column).License;

        Assert.That(license.NextDueAt, Is.Null);
        Assert.That(LicenseLifecycle.Settle(license, GraceEnd.AddYears(1)).After, Is.SameAs(license));
    }

    [Test]
    public void Renew_AtTheVeryEndOfTheGrace_StillRestores() =>
        LifecycleAssert.Applied(
            Situation.At(GraceEnd, new LicenseBuilder().ReleasedByTheClock()), Calls.Renewal(Next),
            LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End], Release = null }, newCode: true);

    [Test]
    public void Expire_JustBeforeTheEndOfTheGrace_BeginsTheGraceAnew()
    {
        var given = Situation.At(GraceEnd - Millisecond, new LicenseBuilder().FrozenByTheTerm());

        var decision = LicenseLifecycle.Decide(given.License, Calls.Expire, given.Now);

        Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Applied));
        Assert.That(decision.After.NextDueAt, Is.EqualTo(GraceEnd - TimeSpan.FromSeconds(1) + LicenseBuilder.Grace));
    }

    [Test]
    public void Expire_AtTheEndOfTheGrace_IsTooLateAndNoted() =>
        LifecycleAssert.Noted(Situation.At(GraceEnd, new LicenseBuilder().ReleasedByTheClock()), Calls.Expire);

    [TestCase("2028-01-31", "2028-02-15")]
    [TestCase("2028-02-14", "2028-02-29")]
    [TestCase("2028-02-29", "2028-03-15")]
    [TestCase("2027-02-14", "2027-03-01")]
    [TestCase("2027-12-31", "2028-01-15")]
    public void Settle_MonthEndsAndLeapDay_TheGraceIsFifteenDays(string expires, string graceEnds)
    {
        var expiresAt = Instant(expires);

        var license = LicenseLifecycle.Settle(new LicenseBuilder().ExpiringAt(expiresAt), Instant("2028-12-01")).After;

        Assert.That(license.Release?.At, Is.EqualTo(Instant(graceEnds)));
    }

    [Test]
    public void Refresh_LeapDayBackToTheDayBefore_IsADayOffAndARefund()
    {
        var leapDay = Instant("2028-02-29");
        License license = new LicenseBuilder().ExpiringAt(Instant("2029-02-28")).RenewedFrom(leapDay);

        LifecycleAssert.Applied(
            Situation.At(Instant("2027-06-01"), license), Calls.Refresh(Instant("2028-02-28")),
            LicenseState.Active, LicenseEventType.Renewed,
            each => each with { ExpiresAt = Instant("2028-02-28"), EarlierExpiries = [leapDay, Instant("2029-02-28")] }, newCode: true);
    }

    // ---- the ends of the calendar

    [Test]
    public void Renew_YearNineThousand_WorksAndTheGraceStopsAtTheEndOfTime()
    {
        var decision = LifecycleAssert.Applied(
            Situation.Of(Column.Active), Calls.Renewal(LicenseTime.Latest), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = LicenseTime.Latest, EarlierExpiries = [End] }, newCode: true);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.After.GraceEndsAt, Is.EqualTo(LicenseTime.Latest));
            Assert.That(decision.After.NextDueAt, Is.EqualTo(LicenseTime.Latest));
            Assert.That(decision.After.StateAt(LicenseTime.Latest.AddSeconds(-1)), Is.EqualTo(LicenseState.Active));
        }
    }

    [Test]
    public void Decide_AllCallsOnALicenseToTheEndOfTime_Work()
    {
        License license = new LicenseBuilder().ExpiringAt(LicenseTime.Latest).RenewedFrom(End);

        LifecycleAssert.Conflict(Situation.At(Start, license), Calls.Expire);
        LifecycleAssert.Conflict(Situation.At(Start, license), Calls.Renewal(LicenseTime.Latest.AddSeconds(-1)));
        LifecycleAssert.Applied(
            Situation.At(Start, license), Calls.Refresh(End), LicenseState.Active, LicenseEventType.Renewed,
            each => each with { ExpiresAt = End, EarlierExpiries = [End, LicenseTime.Latest] }, newCode: true);
        LifecycleAssert.Applied(
            Situation.At(Start, license), Calls.Freeze, LicenseState.Frozen, LicenseEventType.Frozen,
            each => each with { HoldMarketplace = new Hold(Start, "the marketplace asked for it") });
    }

    // The marketplace may send any fourteen digits; the margins before such an expiry do not exist.
    [Test]
    public void Decide_RefundedToTheYearOne_DoesNotOverflow()
    {
        var expired = Start.AddDays(100);
        License license = new LicenseBuilder().ExpiringAt(DateTimeOffset.MinValue).RenewedFrom(End).ExpiredByTheMarketplace(expired);
        var given = Situation.At(expired.AddDays(1), license);

        LifecycleAssert.Noted(given, Calls.Expire);
        LifecycleAssert.Noted(given, Calls.Freeze);
    }

    [Test]
    public void Decide_HeldAndRefundedToTheYearOne_IsReleased()
    {
        var given = Situation.Of(Column.FrozenByAnOperatorsHold, license => license.RenewedFrom(Start));

        var decision = LicenseLifecycle.Decide(given.License, Calls.Refund(DateTimeOffset.MinValue), given.Now);

        Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Released));
        Assert.That(decision.After.Release?.At, Is.EqualTo(DateTimeOffset.MinValue + LicenseBuilder.Grace));
        Assert.That(decision.After.LastEventAt, Is.EqualTo(given.Now));
    }

    // ---- a clock that goes back

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.ReleasedByTheClock)]
    public void StateAt_ClockWentBack_SettledFactsWin(Column column)
    {
        var given = Situation.Of(column);

        Assert.That(given.License.StateAt(Start), Is.EqualTo(given.License.RecordedState));
        Assert.That(LicenseLifecycle.Settle(given.License, Start).After, Is.SameAs(given.License));
    }

    [Test]
    public void Renew_ClockWentBackBehindTheSettledEnd_ThawsAtTheTimeOfThatEnd()
    {
        var given = Situation.At(End.AddHours(-1), new LicenseBuilder().FrozenByTheTerm());

        var decision = LifecycleAssert.Applied(
            given, Calls.Renewal(Next), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End] }, newCode: true);

        Assert.That(decision.Events.Single().At, Is.EqualTo(End), "event times never decrease");
    }

    [Test]
    public void Expire_ClockWentBackBehindTheLastEvent_CountsFromTheClock()
    {
        var last = Start.AddDays(100);
        var given = Situation.At(last.AddDays(-1), new LicenseBuilder().With(license => license with { LastEventAt = last }));

        LifecycleAssert.Applied(
            given, Calls.Expire, LicenseState.Frozen, LicenseEventType.Frozen, license => license with { ExpiredByMarketplaceAt = given.Now });
    }

    [TestCase(0, 0, 1)]
    [TestCase(0, 5, 5)]
    [TestCase(20, 0, (20 * 3600) + 1)]
    [TestCase(23, 0, (23 * 3600) + 1)]
    public void Renew_ClockWentBackBehindTheLastCode_TheCodesTimeStillRises(int hoursAhead, int secondsLater, int seconds)
    {
        var given = Situation.At(
            Start.AddSeconds(secondsLater), new LicenseBuilder().With(license => license with { CodeIssuedAt = Start.AddHours(hoursAhead) }));

        var decision = LicenseLifecycle.Decide(given.License, Calls.Renewal(Next), given.Now);

        Assert.That(decision.After.CodeIssuedAt, Is.EqualTo(Start.AddSeconds(seconds)));
    }

    // Seven years ahead, every later renewal was refused: its code took the time of the newest event.
    [TestCase(23 * 3600 + 1)]
    [TestCase(7 * 365 * 24 * 3600)]
    public void Renew_LastCodeFarAheadOfTheClock_TheCodeTakesTheClocksTime(int secondsAhead)
    {
        var ahead = Start.AddSeconds(secondsAhead);
        var given = Situation.At(
            Start.AddMilliseconds(500),
            new LicenseBuilder().ExpiringAt(Start.AddYears(20)).With(license => license with { CodeIssuedAt = ahead, LastEventAt = ahead }));

        var decision = LicenseLifecycle.Decide(given.License, Calls.Renewal(Start.AddYears(21)), given.Now);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.After.CodeIssuedAt, Is.EqualTo(Start));
            Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Active));
            Assert.That(decision.After.LastEventAt, Is.EqualTo(ahead), "event times never decrease");
        }
    }

    [Test]
    public void Renew_EventsFarAheadOfTheNewTerm_IsActiveByTheClock()
    {
        var ahead = Start.AddYears(7);
        var given = Situation.At(End.AddDays(1), new LicenseBuilder().ReleasedByTheClock().With(license => license with { LastEventAt = ahead }));

        var decision = LicenseLifecycle.Decide(given.License, Calls.Renewal(Next), given.Now);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Active), "paid for, and released again at once: its newest event was later");
            Assert.That(decision.Events.Select(each => (each.Type, each.At)), Is.EqualTo([(LicenseEventType.Renewed, ahead)]));
        }
    }

    [Test]
    public void Renew_IssuedByAClockThatWasAhead_HasBegun()
    {
        var ahead = Start.AddDays(3);
        var given = Situation.At(
            Start, new LicenseBuilder().With(license => license with { IssuedAt = ahead, StartsAt = ahead, CodeIssuedAt = ahead, LastEventAt = ahead }));

        var decision = LicenseLifecycle.Decide(given.License, Calls.Renewal(Next), given.Now);

        Assert.That((decision.After.StartsAt, decision.After.IssuedAt), Is.EqualTo((Start, Start)));
    }

    [Test]
    public void Renew_MeantToBeginLater_StillDoes()
    {
        var given = Situation.At(Start, new LicenseBuilder().With(license => license with { StartsAt = Start.AddDays(3) }));

        var decision = LicenseLifecycle.Decide(given.License, Calls.Renewal(Next), given.Now);

        Assert.That(decision.After.StartsAt, Is.EqualTo(Start.AddDays(3)));
    }

    [Test]
    public void Freeze_EventsFarAhead_TheHoldIsSinceTheClock()
    {
        var given = Situation.At(Start.AddDays(1), new LicenseBuilder().With(license => license with { LastEventAt = Start.AddYears(7) }));

        var decision = LicenseLifecycle.Decide(given.License, Calls.AdminFreeze, given.Now);

        Assert.That(decision.After.HoldAdmin!.Since, Is.EqualTo(given.Now));
        Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Frozen));
    }

    [Test]
    public void Reissue_FrozenByAClockThatWasAhead_ThawsByItsFacts()
    {
        var given = Situation.At(End.AddDays(-20), new LicenseBuilder().FrozenByTheTerm());

        LifecycleAssert.Applied(
            given, Calls.AdminReissue, LicenseState.Active, LicenseEventType.Reissued, license => license, newCode: true);
    }

    [Test]
    public void Conflict_RecordedAfterTheEndThatItsTimePassed_SettlesFirst()
    {
        // What was unsettled is recorded even by a call that has no effect.
        var given = Situation.Of(Column.FrozenByTheTermUnsettled);
        LifecycleAssert.Conflict(given, Calls.Renewal(End.AddDays(-1)));
    }

    // ---- until when a decision is good

    [TestCase(Column.Active, "2027-01-01")]
    [TestCase(Column.FrozenByTheTerm, "2027-01-16")]
    [TestCase(Column.FrozenByTheTermUnsettled, "2027-01-16")]
    [TestCase(Column.ReleasedByTheClock, null)]
    [TestCase(Column.ReleasedByTheClockUnsettled, null)]
    [TestCase(Column.Revoked, null)]
    public void Decide_GoodUntil_IsWhenTheClockWouldHaveDecidedOtherwise(Column column, string? goodUntil)
    {
        var given = Situation.Of(column);

        var decision = LicenseLifecycle.Decide(given.License, Calls.Refund(End.AddDays(-1)), given.Now);

        Assert.That(decision.GoodUntil, Is.EqualTo(goodUntil is null ? null : Instant(goodUntil)));
    }

    private static DateTimeOffset Instant(string day) =>
        new(DateOnly.ParseExact(day, "yyyy-MM-dd").ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
