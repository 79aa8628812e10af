using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Tests.Licensing.PendingOrders;

/// <summary>When an order of which nobody knows yet what was bought is looked up again, and when somebody is told.</summary>
internal sealed class PendingOrderRulesTests
{
    private static readonly DateTimeOffset Since = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void AfterFailure_AtFirst_WaitsDoubleFromAtMostFiveSecondsToAMinute()
    {
        var waits = Enumerable.Range(1, 8).Select(attempts =>
            PendingOrderRules.AfterFailure(Order(attempts), isNotSold: false, Since.AddMinutes(1), clockIsSettled: true).NextAttemptAt - Since.AddMinutes(1));

        Assert.That(waits.Select(wait => wait!.Value.TotalSeconds), Is.EqualTo([4, 8, 16, 32, 60, 60, 60, 60]));
    }

    [TestCase(29, 59, false)]
    [TestCase(30, 0, true)]
    public void AfterFailure_HalfAnHour_IsToldOnce(int minutes, int seconds, bool warns)
    {
        var now = Since + new TimeSpan(0, minutes, seconds);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Step(Order(9), now).Warns, Is.EqualTo(warns));
            Assert.That(Step(Order(9) with { WarnedAt = Since.AddMinutes(30) }, now).Warns, Is.False);
        }
    }

    [TestCase(119, 59, false)]
    [TestCase(120, 0, true)]
    public void AfterFailure_TwoHours_IsUnservedOnceAndLookedUpHourly(int minutes, int seconds, bool unserved)
    {
        var now = Since + new TimeSpan(0, minutes, seconds);

        var step = Step(Order(99), now);
        var later = Step(Order(99) with { UnservedAt = now }, now.AddHours(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(step.BecomesUnserved, Is.EqualTo(unserved));
            Assert.That(step.NextAttemptAt, Is.EqualTo(unserved ? now.AddHours(1) : now.AddMinutes(1)));
            Assert.That(later, Is.EqualTo(new PendingOrderStep(now.AddHours(2), Warns: false, BecomesUnserved: false)));
        }
    }

    [Test]
    public void AfterFailure_NotSold_IsUnservedAtOnceAndOnce()
    {
        var step = PendingOrderRules.AfterFailure(Order(1), isNotSold: true, Since, clockIsSettled: false);
        var again = PendingOrderRules.AfterFailure(Order(2) with { UnservedAt = Since }, isNotSold: true, Since.AddHours(1), clockIsSettled: true);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(step, Is.EqualTo(new PendingOrderStep(Since.AddHours(1), Warns: false, BecomesUnserved: true)));
            Assert.That(again, Is.EqualTo(new PendingOrderStep(Since.AddHours(2), Warns: false, BecomesUnserved: false)));
        }
    }

    [Test]
    public void AfterFailure_ThreeDays_LooksUpOnceMoreAndThenNotByItself()
    {
        var order = Order(99) with { UnservedAt = Since.AddHours(2) };

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Step(order, Since.AddHours(71.5)).NextAttemptAt, Is.EqualTo(Since.AddDays(3)));
            Assert.That(Step(order, Since.AddDays(3)).NextAttemptAt, Is.Null);
            Assert.That(Step(order, Since.AddDays(9)).NextAttemptAt, Is.Null);
        }
    }

    [Test]
    public void AfterFailure_ClockIsInDoubt_TellsNobodyAndGivesNothingUp()
    {
        var now = Since.AddYears(1);

        var step = PendingOrderRules.AfterFailure(Order(9), isNotSold: false, now, clockIsSettled: false);

        Assert.That(step, Is.EqualTo(new PendingOrderStep(now.AddMinutes(1), Warns: false, BecomesUnserved: false)));
    }

    private static PendingOrderStep Step(PendingOrder order, DateTimeOffset now) => PendingOrderRules.AfterFailure(order, isNotSold: false, now, clockIsSettled: true);

    private static PendingOrder Order(int attempts) =>
        new("lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB", new PendingOrderKey("default", Test: false, "CS1", "CS1-1"), "open", Since) { Attempts = attempts };
}
