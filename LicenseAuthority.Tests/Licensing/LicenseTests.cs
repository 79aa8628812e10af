using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

internal sealed class LicenseTests
{
    private static readonly DateTimeOffset Start = LicenseBuilder.Start;
    private static readonly DateTimeOffset End = LicenseBuilder.End;

    // ---- the one formula: the later of the end of the term and the marketplace's expire call, plus the grace

    [TestCase(null, null, 15, null)]
    [TestCase(10, null, 15, 25)]
    [TestCase(null, 10, 15, 25)]
    [TestCase(10, 5, 15, 25)]
    [TestCase(5, 10, 15, 25)]
    [TestCase(10, 10, 15, 25)]
    [TestCase(10, null, 0, 10)]
    [TestCase(null, 10, 0, 10)]
    [TestCase(10, 12, 0, 12)]
    public void GraceEndsAt_IsTheLaterOfBothPlusTheGraceAndNeverWithoutEither(int? expires, int? expired, int grace, int? ends)
    {
        License license = new LicenseBuilder().With(each => each with
        {
            ExpiresAt = Day(expires),
            ExpiredByMarketplaceAt = Day(expired),
            Grace = TimeSpan.FromDays(grace),
        });

        Assert.That(license.GraceEndsAt, Is.EqualTo(Day(ends)));
    }

    [TestCase(null, null, null, null)]
    [TestCase(10, null, 40, 55)]
    [TestCase(10, 5, 40, 55)]
    [TestCase(10, 39, 40, 55)]
    [TestCase(10, 41, 40, 56)]
    [TestCase(null, 10, null, 25)]
    public void GraceEndsAt_WithATolerance_CountsFromTheEndThatItMoves(int? expires, int? expired, int? ends, int? graceEnds)
    {
        License license = new LicenseBuilder().With(each => each with
        {
            ExpiresAt = Day(expires),
            ExpiredByMarketplaceAt = Day(expired),
            Tolerance = TimeSpan.FromDays(30),
        });

        Assert.That((license.EndsAt, license.GraceEndsAt), Is.EqualTo((Day(ends), Day(graceEnds))));
    }

    [Test]
    public void EndsAt_EndOfTime_StopsThere()
    {
        License license = new LicenseBuilder().ExpiringAt(LicenseTime.Latest.AddDays(-15)).With(each => each with { Tolerance = TimeSpan.FromDays(30) });

        Assert.That((license.EndsAt, license.GraceEndsAt), Is.EqualTo((LicenseTime.Latest, LicenseTime.Latest)));
    }

    [Test]
    public void GraceEndsAt_EndOfTime_StopsThere()
    {
        License license = new LicenseBuilder().ExpiringAt(LicenseTime.Latest.AddDays(-15).AddSeconds(1));

        Assert.That(license.GraceEndsAt, Is.EqualTo(LicenseTime.Latest));
    }

    // ---- the table of states: the first line that matches

    [Test]
    public void StateAt_RevokedAndReleasedAndHeld_IsRevoked()
    {
        License license = new LicenseBuilder()
            .HeldByAnOperator(Start).Released(ReleasedBy.Marketplace, Start).Revoked(Start);

        Assert.That(license.StateAt(Start), Is.EqualTo(LicenseState.Revoked));
    }

    [Test]
    public void StateAt_HeldAndTheGraceOver_IsReleased()
    {
        License license = new LicenseBuilder().HeldByAnOperator(Start);

        Assert.That(license.StateAt(LicenseBuilder.GraceEnd), Is.EqualTo(LicenseState.Released));
        Assert.That(license.StateAt(LicenseBuilder.GraceEnd.AddTicks(-1)), Is.EqualTo(LicenseState.Frozen));
    }

    [Test]
    public void StateAt_TermOver_IsFrozenFromTheVeryInstant()
    {
        License license = new LicenseBuilder();

        Assert.That(license.StateAt(End.AddTicks(-1)), Is.EqualTo(LicenseState.Active));
        Assert.That(license.StateAt(End), Is.EqualTo(LicenseState.Frozen));
    }

    [Test]
    public void StateAt_ExpiredByTheMarketplaceWithinTheTerm_IsFrozen()
    {
        License license = new LicenseBuilder().ExpiredByTheMarketplace(Start.AddDays(1));

        Assert.That(license.StateAt(Start.AddDays(1)), Is.EqualTo(LicenseState.Frozen));
    }

    [Test]
    public void StateAt_NotStartedYet_IsActive()
    {
        // Active, and usable from its start.
        License license = new LicenseBuilder().With(each => each with { StartsAt = Start.AddDays(3) });

        Assert.That(license.StateAt(Start), Is.EqualTo(LicenseState.Active));
    }

    // ---- when the clock decides next

    [TestCase(Column.Active, "2027-01-01")]
    [TestCase(Column.FrozenByTheTerm, "2027-01-16")]
    [TestCase(Column.FrozenByAnExpireCall, "2027-01-16")]
    [TestCase(Column.FrozenByTheMarketplacesHold, "2027-01-16")]
    [TestCase(Column.FrozenByAnOperatorsHold, "2027-01-16")]
    [TestCase(Column.ReleasedByTheClock, null)]
    [TestCase(Column.ReleasedByTheMarketplace, null)]
    [TestCase(Column.ReleasedByAnOperator, null)]
    [TestCase(Column.Revoked, null)]
    public void NextDueAt_IsTheInstantAtWhichTheStateChanges(Column column, string? due)
    {
        var license = Situation.Of(column).License;

        Assert.That(license.NextDueAt, Is.EqualTo(due is null
            ? null
            : new DateTimeOffset(DateOnly.ParseExact(due, "yyyy-MM-dd").ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)));
        if (license.NextDueAt is { } instant)
        {
            Assert.That(license.StateAt(instant.AddTicks(-1)), Is.EqualTo(license.RecordedState));
            Assert.That(license.StateAt(instant), Is.Not.EqualTo(license.RecordedState));
        }
    }

    private static DateTimeOffset? Day(int? number) => number is { } days ? Start.AddDays(days) : null;
}
