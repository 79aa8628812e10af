using System.Net;
using LicenseAuthority.Doors;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Doors;

/// <summary>How often a caller may come, by a clock that the test moves.</summary>
internal sealed class CallLimitTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));

    [Test]
    public void TryEnter_MoreThanAllowed_IsRefusedUntilTheMinuteIsOver()
    {
        var limit = new CallLimit(2, TimeSpan.FromMinutes(1), _time);
        _time.Advance(TimeSpan.FromSeconds(20));

        bool[] first = [limit.TryEnter("a", out _), limit.TryEnter("a", out _), limit.TryEnter("a", out var wait)];
        _time.Advance(wait - TimeSpan.FromTicks(1));
        var early = limit.TryEnter("a", out _);
        _time.Advance(TimeSpan.FromTicks(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Is.EqualTo([true, true, false]));
            Assert.That(wait, Is.EqualTo(TimeSpan.FromSeconds(40)));
            Assert.That(early, Is.False);
            Assert.That(limit.TryEnter("a", out _), Is.True);
        }
    }

    [Test]
    public void TryEnter_OneTooOften_OthersAreNotAffected()
    {
        var limit = new CallLimit(1, TimeSpan.FromMinutes(1), _time);
        limit.TryEnter("a", out _);

        Assert.That((limit.TryEnter("a", out _), limit.TryEnter("b", out _)), Is.EqualTo((false, true)));
    }

    [Test]
    public void TryEnter_ClockGoesBack_NobodyWaitsLongerThanAMinute()
    {
        var limit = new CallLimit(1, TimeSpan.FromMinutes(1), _time);
        limit.TryEnter("a", out _);
        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromDays(365));

        Assert.That(limit.TryEnter("a", out var wait), Is.False);
        Assert.That(wait, Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public void TryEnter_ManyAtOnce_NoMoreThanAllowedComeIn()
    {
        var limit = new CallLimit(100, TimeSpan.FromMinutes(1), _time);
        var entered = 0;

        Parallel.For(0, 1000, i =>
        {
            if (limit.TryEnter("a", out _))
            {
                Interlocked.Increment(ref entered);
            }
        });

        Assert.That(entered, Is.EqualTo(100));
    }

    [Test]
    public void TryEnter_AHundredThousandOthers_CountsBeginAnew()
    {
        var limit = new CallLimit(1, TimeSpan.FromMinutes(1), _time);
        limit.TryEnter("a", out _);
        for (var i = 1; i < 100_000; i++)
        {
            Assert.That(limit.TryEnter($"other {i}", out _), Is.True);
        }

        Assert.That((limit.TryEnter("a", out _), limit.TryEnter("a", out _)), Is.EqualTo((true, false)));
    }

    [Test]
    public void IsReached_CountsNothing()
    {
        var limit = new CallLimit(2, TimeSpan.FromMinutes(1), _time);
        limit.TryEnter("a", out _);

        Assert.That((limit.IsReached("a", out _), limit.IsReached("a", out _), limit.IsReached("a", out _)), Is.EqualTo((false, false, false)));
        limit.TryEnter("a", out _);
        Assert.That((limit.IsReached("a", out var wait), wait), Is.EqualTo((true, TimeSpan.FromMinutes(1))));
        Assert.That(limit.IsReached("b", out _), Is.False);
    }

    // Against a count by hand, over callers and minutes.
    [Test]
    public void TryEnter_AnyCalls_AsCountedByHand([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var most = random.Next(1, 5);
        var limit = new CallLimit(most, TimeSpan.FromMinutes(1), _time);
        var began = _time.GetUtcNow();
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 500; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(random.Next(0, 8)));
            if (_time.GetUtcNow() - began >= TimeSpan.FromMinutes(1))
            {
                began = _time.GetUtcNow();
                counts.Clear();
            }

            var caller = ((char)('a' + random.Next(4))).ToString();
            var count = counts[caller] = counts.GetValueOrDefault(caller) + 1;
            var entered = limit.TryEnter(caller, out var wait);

            Assert.That((entered, wait), Is.EqualTo((count <= most, began + TimeSpan.FromMinutes(1) - _time.GetUtcNow())));
        }
    }

    [TestCase("192.0.2.7", "192.0.2.7", true)]
    [TestCase("192.0.2.7", "192.0.2.8", false)]
    [TestCase("::ffff:192.0.2.7", "192.0.2.7", true, TestName = "KeyOf_Ipv4WrittenAsIpv6_IsItself")]
    [TestCase("::ffff:192.0.2.7", "::ffff:192.0.2.8", false)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true, TestName = "KeyOf_Ipv6_TheWhole64IsOneCaller")]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void KeyOf_TwoAddresses_SameOnlyForOneCaller(string one, string other, bool same) =>
        Assert.That(CallerAddress.KeyOf(IPAddress.Parse(one)) == CallerAddress.KeyOf(IPAddress.Parse(other)), Is.EqualTo(same));
}
