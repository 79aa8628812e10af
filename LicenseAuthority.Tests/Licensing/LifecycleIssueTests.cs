using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>The first row of the table, as far as it makes a license: a new one, and a new round of a test license.</summary>
internal sealed class LifecycleIssueTests
{
    private static readonly DateTimeOffset Start = LicenseBuilder.Start;
    private static readonly TimeSpan Grace = LicenseBuilder.Grace;

    private static IEnumerable<Column> Over =>
        [Column.ReleasedByTheClock, Column.ReleasedByTheMarketplace, Column.ReleasedByAnOperator, Column.Revoked];

    // ---- issue

    [Test]
    public void Issue_NewOrder_IsActive()
    {
        License draft = new LicenseBuilder();

        var decision = LicenseLifecycle.Issue(draft, Calls.Marketplace);

        Issued(decision, draft, (LicenseEventType.Issued, Start));
    }

    [Test]
    public void Issue_Perpetual_IsActiveForEver()
    {
        License draft = new LicenseBuilder().Perpetual();

        var decision = LicenseLifecycle.Issue(draft, Calls.Marketplace);

        Issued(decision, draft, (LicenseEventType.Issued, Start));
        Assert.That(decision.After.NextDueAt, Is.Null);
        Assert.That(decision.After.StateAt(LicenseTime.Latest), Is.EqualTo(LicenseState.Active));
    }

    [TestCase(-1)]
    [TestCase(0)]
    public void Issue_PastDate_IsServedAndFrozen(int seconds)
    {
        License draft = new LicenseBuilder().ExpiringAt(Start.AddSeconds(seconds));

        var decision = LicenseLifecycle.Issue(draft, Calls.Marketplace);

        Issued(
            decision, draft with { RecordedState = LicenseState.Frozen },
            (LicenseEventType.Issued, Start), (LicenseEventType.Frozen, Start));
    }

    [TestCase(0)]
    [TestCase(1000)]
    public void Issue_DateWhoseGraceIsOverToo_IsServedAndReleased(int daysMore)
    {
        var expiresAt = Start - Grace - TimeSpan.FromDays(daysMore);
        License draft = new LicenseBuilder().ExpiringAt(expiresAt);

        var decision = LicenseLifecycle.Issue(draft, Calls.Marketplace);

        Issued(
            decision,
            draft with { RecordedState = LicenseState.Released, Release = new Release(expiresAt + Grace, ReleasedBy.Clock) },
            (LicenseEventType.Issued, Start), (LicenseEventType.Frozen, Start), (LicenseEventType.Released, Start));
    }

    [Test]
    public void Issue_PastDate_IsRestoredByARenewal()
    {
        var issued = LicenseLifecycle.Issue(new LicenseBuilder().ExpiringAt(DateTimeOffset.UnixEpoch), Calls.Marketplace).After;

        LifecycleAssert.Applied(
            Situation.At(Start.AddDays(1), issued), Calls.Refresh(LicenseBuilder.End), LicenseState.Active, LicenseEventType.Renewed,
            license => license with { ExpiresAt = LicenseBuilder.End, EarlierExpiries = [DateTimeOffset.UnixEpoch], Release = null },
            newCode: true);
    }

    [Test]
    public void Issue_EndsOfTheCalendar_Work()
    {
        var first = LicenseLifecycle.Issue(new LicenseBuilder().ExpiringAt(DateTimeOffset.MinValue), Calls.Marketplace);
        var last = LicenseLifecycle.Issue(new LicenseBuilder().ExpiringAt(LicenseTime.Latest), Calls.Marketplace);

        Assert.That(first.After.RecordedState, Is.EqualTo(LicenseState.Released));
        Assert.That(last.After.RecordedState, Is.EqualTo(LicenseState.Active));
        Assert.That(last.After.GraceEndsAt, Is.EqualTo(LicenseTime.Latest));
    }

    // ---- a new round of a test license

    [TestCaseSource(nameof(Over))]
    public void IssueAgain_TestLicenseThatIsOver_BeginsAnewWithTheSameInstanceId(Column column)
    {
        var given = Situation.Of(column, license => license.Test().RenewedFrom(Start.AddDays(50)).HeldByTheMarketplace(Start.AddDays(10)));
        var draft = Draft(given.Now);

        var decision = LicenseLifecycle.IssueAgain(given.License, draft, Calls.Marketplace, given.Now);

        Issued(
            decision,
            draft with
            {
                Id = given.License.Id,
                Customer = given.License.Customer,
                Round = 2,
                Generation = 2,
                UnboundGeneration = 2,
                Version = 2,
            },
            (LicenseEventType.Issued, given.Now));
        Assert.That(decision.Events[0].Before, Is.SameAs(given.License));
    }

    [Test]
    public void IssueAgain_ReleaseNotYetRecorded_SettlesFirst()
    {
        var given = Situation.Of(Column.ReleasedByTheClockUnsettled, license => license.Test());

        var decision = LicenseLifecycle.IssueAgain(given.License, Draft(given.Now), Calls.Marketplace, given.Now);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                decision.Events.Select(each => (each.Type, each.At)),
                Is.EqualTo(given.ByTheClock.Append((LicenseEventType.Issued, given.Now))));
            Assert.That(decision.After.RecordedState, Is.EqualTo(LicenseState.Active));
            Assert.That(decision.After.Release?.At, Is.Null);
            Assert.That(decision.After.Version, Is.EqualTo(given.License.Version + 1));
        }
    }

    [Test]
    public void IssueAgain_PastDate_IsFrozenAndThePreviousRoundDoesNotCount()
    {
        var given = Situation.Of(Column.ReleasedByTheMarketplace, license => license.Test());
        var draft = Draft(given.Now) with { ExpiresAt = given.Now.AddDays(-1) };

        var decision = LicenseLifecycle.IssueAgain(given.License, draft, Calls.Marketplace, given.Now);

        Assert.That(
            decision.Events.Select(each => (each.Type, each.At)),
            Is.EqualTo([(LicenseEventType.Issued, given.Now), (LicenseEventType.Frozen, given.Now)]));
        Assert.That(decision.After.EarlierExpiries, Is.Empty);
    }

    [Test]
    public void IssueAgain_WithinTheSecondOfTheLastCode_TheCodesTimeStillRises()
    {
        var given = Situation.Of(
            Column.ReleasedByTheMarketplace,
            license => license.Test().With(each => each with { Generation = 7, CodeIssuedAt = Start.AddDays(110) }));

        var after = LicenseLifecycle.IssueAgain(given.License, Draft(given.Now), Calls.Marketplace, given.Now).After;

        Assert.That(after.Generation, Is.EqualTo(8));
        Assert.That(after.CodeIssuedAt, Is.EqualTo(given.Now.AddSeconds(1)));
    }

    [Test]
    public void IssueAgain_ClockWentBack_BeginsAtTheClocksTime()
    {
        var last = Start.AddDays(100) + TimeSpan.FromMilliseconds(250);
        License finished = new LicenseBuilder().Test().Released(ReleasedBy.Marketplace, last);
        var now = last.AddDays(-3);

        var decision = LicenseLifecycle.IssueAgain(finished, Draft(now), Calls.Marketplace, now);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Events.Single().At, Is.EqualTo(last));
            Assert.That(decision.After.IssuedAt, Is.EqualTo(Start.AddDays(97)), "whole seconds");
            Assert.That(decision.After.StartsAt, Is.EqualTo(Start.AddDays(97)), "or software would wait for it");
            Assert.That(decision.After.LastEventAt, Is.EqualTo(last));
        }
    }

    [Test]
    public void IssueAgain_TwiceADay_EveryRoundCountsUp()
    {
        License license = new LicenseBuilder().Test();
        for (var round = 2; round <= 5; round++)
        {
            var now = Start.AddHours(12 * round);
            license = LicenseLifecycle.Decide(license, Calls.Release, now).After;
            license = LicenseLifecycle.IssueAgain(license, Draft(now), Calls.Marketplace, now).After;
            Assert.That((license.Round, license.Generation, license.StateAt(now)), Is.EqualTo((round, round, LicenseState.Active)));
        }
    }

    private static License Draft(DateTimeOffset now) => new LicenseBuilder().Test().With(license => license with
    {
        Id = "lic_01JGFJJZ00CCCCCCCCCCCCCCCC",
        Customer = new Customer("cus_01JGFJJZ00DDDDDDDDDDDDDDDD", license.Customer.MarketplaceCustomerId, "Another name"),
        Quantity = 9,
        IssuedAt = now,
        StartsAt = now,
        ExpiresAt = now.AddYears(1),
        CodeIssuedAt = now,
        LastEventAt = now,
    });

    private static void Issued(LicenseDecision decision, License expected, params (LicenseEventType Type, DateTimeOffset At)[] events)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(decision.NeedsCode, Is.True);
            Assert.That(decision.Reason, Is.Null);
            LifecycleAssert.Facts(decision.After, expected);
            Assert.That(decision.Events.Select(each => (each.Type, each.At)), Is.EqualTo(events));
            Assert.That(decision.Events[0].Source, Is.EqualTo(Calls.Marketplace));
            Assert.That(decision.Events.Skip(1).Select(each => each.Source), Has.All.EqualTo(CallSource.Clock));
        }
    }
}
