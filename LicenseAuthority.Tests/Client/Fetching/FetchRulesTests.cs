using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Tests.Client.Fetching;

/// <summary>When is fetched, and from where.</summary>
internal sealed class FetchRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Interval = TimeSpan.FromHours(24);

    [TestCase(9, false)]
    [TestCase(10, true)]
    public void IsDue_Never_NotBeforeTenSeconds(int seconds, bool expected) => Assert.That(IsDue(FetchMarks.None, TimeSpan.FromSeconds(seconds)), Is.EqualTo(expected));

    [TestCase(23, 1.0, false)]
    [TestCase(24, 1.0, true)]
    [TestCase(20, 0.8, true)]
    [TestCase(28, 1.2, false)]
    public void IsDue_AfterASuccess_OnceInAnInterval(int hours, double jitter, bool expected)
    {
        var marks = FetchMarks.None.Trying(Now.AddHours(-hours)).Succeeded(Now.AddHours(-hours), isOutdated: false);

        Assert.That(IsDue(marks, jitter: jitter), Is.EqualTo(expected));
    }

    [TestCase(1, 59, false)]
    [TestCase(1, 60, true)]
    [TestCase(4, 479, false)]
    [TestCase(4, 480, true)]
    [TestCase(500, 86399, false)]
    [TestCase(500, 86400, true)]
    public void IsDue_AfterFailures_BacksOffFromAMinuteToTheInterval(int failures, int seconds, bool expected)
    {
        var marks = FetchMarks.None.Trying(Now.AddSeconds(-seconds));
        for (var i = 0; i < failures; i++)
        {
            marks = marks.Failed(Now, "unreachable", null, isOutdated: false);
        }

        Assert.That(IsDue(marks), Is.EqualTo(expected));
    }

    // A program that lives a quarter of a minute, or was killed: nothing was fetched, so the next one tries.
    [TestCase(119, false)]
    [TestCase(120, true)]
    public void IsDue_BegunAndNeverEnded_IsTriedAgainSoon(int seconds, bool expected)
    {
        var marks = FetchMarks.None.Trying(Now.AddDays(-3)).Succeeded(Now.AddDays(-3), isOutdated: false).Trying(Now.AddSeconds(-seconds));

        Assert.That(IsDue(marks), Is.EqualTo(expected));
    }

    // The first fetch of all was made again by each process of a store that had seen it begin.
    [TestCase(false)]
    [TestCase(true)]
    public void Merge_AnotherProcessEndedWhatItBegan_ItsEndCounts(bool failed)
    {
        var begun = FetchMarks.None.Trying(Now);
        var ended = failed ? begun.Failed(Now, "unreachable", null, isOutdated: false) : begun.Succeeded(Now, isOutdated: false);

        Assert.That(FetchMarks.Merge(begun, ended), Is.SameAs(ended));
        Assert.That(FetchMarks.Merge(ended, begun), Is.SameAs(ended));
    }

    [Test]
    public void IsHeld_NotedByAClockThatWasAhead_IsNotKept()
    {
        var marks = FetchMarks.None.Trying(Now.AddYears(1)).Failed(Now.AddYears(1), "too-many-requests", Now.AddYears(1).AddMinutes(1), isOutdated: false);

        Assert.That(FetchSchedule.IsHeld(marks, Now), Is.False);
        Assert.That(FetchSchedule.IsHeld(marks, Now.AddYears(1)), Is.True);
    }

    [TestCase(600, false)]
    [TestCase(-1, true)]
    [TestCase(86400 * 3, true, Description = "nobody is sent away for longer than a day")]
    public void IsDue_TheAuthoritySaidWhen_IsKept(int seconds, bool expected)
    {
        var marks = FetchMarks.None.Trying(Now.AddHours(-30)).Failed(Now, "too-many-requests", Now.AddSeconds(seconds), isOutdated: false);

        Assert.That(IsDue(marks), Is.EqualTo(expected));
    }

    [Test]
    public void IsDue_NotedByAClockThatWasAhead_IsNotWaitedFor()
    {
        var marks = FetchMarks.None.Trying(Now.AddYears(10)).Succeeded(Now.AddYears(10), isOutdated: false);

        Assert.That(IsDue(marks), Is.True);
        Assert.That(FetchSchedule.IsDue(marks, Sample(TimeSpan.FromHours(1)), TimeSpan.FromMinutes(59.5), Interval, 1, null), Is.False, "but not all the time");
    }

    [Test]
    public void HoldUntil_AtTheEndOfTime_IsNone() => Assert.That(FetchSchedule.HoldUntil(DateTimeOffset.MaxValue, TimeSpan.FromSeconds(60)), Is.Null);

    [TestCase(null, null)]
    [TestCase(-5, null)]
    [TestCase(60, 60)]
    [TestCase(int.MaxValue, 86400)]
    public void HoldUntil_IsAtMostADay(int? seconds, int? expected) => Assert.That(
        FetchSchedule.HoldUntil(Now, seconds is { } wait ? TimeSpan.FromSeconds(wait) : null),
        Is.EqualTo(expected is { } held ? Now.AddSeconds(held) : (DateTimeOffset?)null));

    [TestCase("https://a.example/x", "https://a.example/x/licensee/v1/status-lists/1", "licensee/v1/status-lists/1")]
    [TestCase("https://a.example", "https://a.example/l/1", "l/1")]
    [TestCase("http://127.0.0.1:8080/", "http://127.0.0.1:8080/l/1", "l/1")]
    [TestCase("https://a.example/x", "https://a.example/xy/1", null, Description = "a segment is whole")]
    [TestCase("https://a.example/x", "https://a.example/x/../y/1", null)]
    [TestCase("https://a.example/x", "https://b.example/x/1", null)]
    [TestCase("https://a.example/x", "https://a.example:8443/x/1", null)]
    [TestCase("https://a.example/x", "http://a.example/x/1", null)]
    [TestCase("http://a.example/x", "http://a.example/x/1", null, Description = "http to elsewhere")]
    [TestCase("https://user:pass@a.example/x", "https://a.example/x/1", null)]
    [TestCase("https://a.example/x?y", "https://a.example/x/1", null)]
    [TestCase("file:///etc", "file:///etc/passwd", null)]
    [TestCase("", "https://a.example/x/1", null)]
    public void TryGetPathBelow_OnlyWhatIsTheIssuers(string issuer, string address, string? expected)
    {
        Assert.That(OriginRule.TryGetPathBelow(issuer, address, out var path), Is.EqualTo(expected is not null));
        Assert.That(path, Is.EqualTo(expected ?? ""));
    }

    [TestCase("plain", "\"plain\"")]
    [TestCase("a\"b\\c\n", "\"a\\u0022b\\u005cc\\u000a\"")]
    [TestCase("编", "\"\\u7f16\"")]
    [TestCase("\uD83D\uDE00", "\"\\ud83d\\ude00\"")]
    public void Quote_IsAsciiJson(string text, string expected) => Assert.That(JsonText.Quote(text), Is.EqualTo(expected));

    // Which no attribute can hold.
    [Test]
    public void Quote_HalfACharacter_IsWhatIsHashedOfIt() => Assert.That(JsonText.Quote("a\uD83D"), Is.EqualTo("\"a\\ufffd\""));

    private static ClockSample Sample(TimeSpan running) => new(Now, running);

    private static bool IsDue(FetchMarks marks, TimeSpan? running = null, double jitter = 1) =>
        FetchSchedule.IsDue(marks, Sample(running ?? TimeSpan.FromHours(1)), null, Interval, jitter, null);
}
