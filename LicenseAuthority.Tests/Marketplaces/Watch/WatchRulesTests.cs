using System.Globalization;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Marketplaces.Watch;

namespace LicenseAuthority.Tests.Marketplaces.Watch;

/// <summary>What the watch makes of calls, without a store.</summary>
internal sealed class WatchRulesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private static readonly WatchPolicy Policy = MarketplaceHabits.Policy;

    [TestCase("getLicense", "000000", 0, true, "Served")]
    [TestCase("getLicense", "000000", 5000, true, "Served")]
    [TestCase("getLicense", "000000", 5001, true, "Unheard")]
    [TestCase("getLicense", "000000", 0, false, "Unheard")]
    [TestCase("getLicense", "000002", 0, true, "Failed")]
    [TestCase("getLicense", "000003", 9000, false, "Failed")]
    [TestCase("newInstance", "000004", 0, true, "Waits")]
    [TestCase("newInstance", "000004", 5001, true, "Unheard")]
    [TestCase("newInstance", "000005", 0, true, "Failed")]
    [TestCase("refreshInstance", "000004", 0, true, "Failed")]
    [TestCase("getLicenseAsync", "000004", 0, true, "Served")]
    [TestCase("getLicenseAsync", "000900", 0, true, "Nothing")]
    [TestCase("getLicenseAsync", "000903", 0, false, "Nothing")]
    public void Judge_ByAnswerTimeAndCaller(string activity, string code, int milliseconds, bool callerWaited, string verdict) => Assert.That(
        WatchRules.Judge(Call(activity, code) with { Elapsed = TimeSpan.FromMilliseconds(milliseconds), CallerWaited = callerWaited }, Policy).ToString(),
        Is.EqualTo(verdict));

    [TestCase("000000", 0, true, false)]
    [TestCase("000004", 5000, true, false)]
    [TestCase("000000", 5001, true, true)]
    [TestCase("000000", 0, false, true)]
    [TestCase("000003", 0, true, true)]
    [TestCase("000902", 0, true, true)]
    public void IsFailedTest_AlsoOneThatWasDeclined(string code, int milliseconds, bool callerWaited, bool failed) => Assert.That(
        WatchRules.IsFailedTest(Call("getLicenseAsync", code) with { Elapsed = TimeSpan.FromMilliseconds(milliseconds), CallerWaited = callerWaited }, Policy),
        Is.EqualTo(failed));

    [TestCase(0, 0)]
    [TestCase(1, 1)]
    [TestCase(2, 1)]
    [TestCase(3, 3)]
    [TestCase(4, 3)]
    [TestCase(5, 5)]
    [TestCase(6, 5)]
    public void ThresholdOf_TheHighestThatIsReached(int orders, int threshold) => Assert.That(WatchRules.ThresholdOf(orders), Is.EqualTo(threshold));

    [TestCase("2026-11-30T15:59:59.999Z", "2026-11")]
    [TestCase("2026-11-30T16:00:00Z", "2026-12")]
    [TestCase("2026-12-31T16:00:00Z", "2027-01")]
    public void MonthOf_ByTheMarketplacesClock(string instant, string month) =>
        Assert.That(WatchRules.MonthOf(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture), Policy), Is.EqualTo(month));

    [TestCase("2026-11", "2026-11")]
    [TestCase("2026-13", null)]
    [TestCase("2026-00", null)]
    [TestCase("2026-1", null)]
    [TestCase("2026-11-01", null)]
    [TestCase("26-11", null)]
    [TestCase("2026/11", null)]
    [TestCase("", null)]
    public void ReadMonth_AMonthAndNothingElse(string text, string? month) => Assert.That(WatchRules.ReadMonth(text), Is.EqualTo(month));

    [Test]
    public void FirstMonthKept_IsTheTwentyFourthOfThem() => Assert.That(WatchRules.FirstMonthKept(Noon, Policy), Is.EqualTo("2024-12"));

    [TestCase("", 0)]
    [TestCase("good", 0)]
    [TestCase("bad", 1)]
    [TestCase("bad bad good bad", 2)]
    [TestCase("good bad bad", 0)]
    public void FailedDays_UpToTheLastGoodOne(string newestFirst, int days) => Assert.That(
        WatchRules.FailedDays(newestFirst.Split(' ', StringSplitOptions.RemoveEmptyEntries).Index().Select(static day =>
            new DialDay(new DateOnly(2026, 11, 24).AddDays(-2 * day.Index), Noon, "000000", day.Item == "bad"))),
        Is.EqualTo(days),
        "a day without any ends nothing");

    [TestCase(36 * 60, "24 23 22", true)]
    [TestCase((36 * 60) - 1, "24 23 22", false)]
    [TestCase(36 * 60, "24 23", false)]
    [TestCase(36 * 60, "24 23 21", false)]
    [TestCase(36 * 60, "24 23 22 10", true)]
    public void HaveStopped_AfterThreeDaysInARow(int minutes, string days, bool stopped) => Assert.That(
        WatchRules.HaveStopped(
            [.. days.Split(' ').Select(static day => new DateOnly(2026, 11, int.Parse(day, CultureInfo.InvariantCulture)))], Noon, Noon.AddMinutes(minutes)),
        Is.EqualTo(stopped));

    [Test]
    public void StatusAt_FollowsFromTheTime()
    {
        var order = News(("getLicense", "000002", 0)).Begin(Policy)!;

        Assert.That(order.StatusAt(Noon.AddHours(3).AddMilliseconds(-1)), Is.EqualTo(FailedOrderStatus.Failing));
        Assert.That(order.StatusAt(Noon.AddHours(3)), Is.EqualTo(FailedOrderStatus.Failed));
        Assert.That((order with { RecoveredAt = Noon }).StatusAt(Noon.AddDays(9)), Is.EqualTo(FailedOrderStatus.Recovered));
        Assert.That(News(("newInstance", "000005", 0)).Begin(Policy)!.FailsAt, Is.EqualTo(Noon.AddHours(2)));
    }

    [Test]
    public void News_FoldedOrWrittenEachTime_IsTheSameOrder()
    {
        (string, string, int)[] calls =
            [("getLicense", "000005", 0), ("getLicense", "000000", 60), ("getLicense", "000002", 120), ("getLicense", "000002", 180)];
        for (var split = 1; split < calls.Length; split++)
        {
            var first = News(calls[..split]).Begin(Policy)!;

            Assert.That(first.After(News(calls[split..])), Is.EqualTo(News(calls).Begin(Policy)), $"written after {split}");
        }
    }

    [Test]
    public void News_ServedAndFailedAgain_IsOpenWithTheFirstFailuresMonth()
    {
        var order = News(("getLicense", "000002", 0), ("getLicense", "000000", 60)).Begin(Policy)!;
        Assert.That(order.RecoveredAt, Is.EqualTo(Noon.AddMinutes(60)));

        var again = order.After(News(("getLicense", "000002", 60 * 24 * 30)));

        Assert.That(again.RecoveredAt, Is.Null);
        Assert.That(again.Attempts, Is.EqualTo(2));
        Assert.That(again.Month, Is.EqualTo("2026-11"));
        Assert.That(again.FirstAt, Is.EqualTo(Noon));
    }

    [Test]
    public void News_OnlyServed_IsNoFailedOrder() => Assert.That(News(("getLicense", "000000", 0)).Begin(Policy), Is.Null);

    // A license that the marketplace has not heard of is there; what counts is that an answer arrives.
    [Test]
    public void News_UnheardAndThenInProgress_WaitsForItsLicense()
    {
        var unheard = new OrderNews(new OrderSeen("default", "CS1", "")).After(Call("newInstance", "000004"), CallVerdict.Unheard);

        Assert.That(unheard.Begin(Policy)!.IsUnheard, Is.True);
        Assert.That(unheard.After(Call("newInstance", "000004"), CallVerdict.Waits).Begin(Policy)!.IsUnheard, Is.False);
    }

    [TestCase("", 0, null)]
    [TestCase("P1=2", 0, null)]
    [TestCase("P1=2", 1, "An order fails")]
    [TestCase("P1=3 P2=1", 1, "3 orders of one product")]
    [TestCase("P1=3", 0, "3 orders of one product")]
    public void FindTrouble_WhileOneFailsAndFromThreeOn(string products, int failing, string? beginning)
    {
        var condition = new WatchCondition(
            failing > 0,
            [.. products.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static each => new ProductFailures("default", each[..2], each[3] - '0'))]);

        Assert.That(WatchRules.FindTrouble(condition, Policy), beginning is null ? Is.Null : Does.StartWith(beginning));
    }

    private static OrderNews News(params (string Activity, string Code, int Minutes)[] calls) => calls.Aggregate(
        new OrderNews(new OrderSeen("default", "CS1", "")),
        static (news, made) =>
        {
            var call = Call(made.Activity, made.Code) with { At = Noon.AddMinutes(made.Minutes), Id = $"call_{made.Minutes:D6}" };
            return news.After(call, WatchRules.Judge(call, Policy));
        });

    private static WatchedCall Call(string activity, string code) => new()
    {
        Id = "call_1",
        At = Noon,
        Account = "default",
        Habit = MarketplaceHabits.Find(activity)!,
        Ending = MarketplaceHabits.EndingOf(code),
        OrderId = "CS1",
        ResultCode = code,
        ResultMsg = "",
        SameCall = "same",
    };
}
