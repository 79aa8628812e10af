using LicenseAuthority.Licensing;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>Compares a whole decision with what is expected of it, so that nothing changes that nobody asked for.</summary>
internal static class LifecycleAssert
{
    /// <summary>
    /// The call was applied: the facts are the settled ones with <paramref name="change"/>, and no others. Checks number and time of the code,
    /// the version, and the events: what the clock had decided, then the call, then <paramref name="after"/>.
    /// </summary>
    public static LicenseDecision Applied(
        Situation given,
        LicenseCommand call,
        LicenseState state,
        LicenseEventType type,
        Func<License, License> change,
        bool newCode = false,
        params (LicenseEventType Type, DateTimeOffset At)[] after)
    {
        var decision = LicenseLifecycle.Decide(given.License, call, given.Now);
        var at = Later(given.Now, given.Settled.LastEventAt);
        var expected = change(given.Settled) with
        {
            RecordedState = state,
            LastEventAt = after.Length > 0 ? after[^1].At : at,
            Version = given.License.Version + 1,
        };
        if (newCode)
        {
            expected = expected with
            {
                Generation = given.License.Generation + 1,
                UnboundGeneration = given.License.Generation + 1,
                CodeIssuedAt = Later(Cut(given.Now), given.License.CodeIssuedAt.AddSeconds(1)),
            };
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(decision.Reason, Is.Null);
            Assert.That(decision.NeedsCode, Is.EqualTo(newCode), "needs a code");
            Facts(decision.After, expected);
            Assert.That(decision.After.StateAt(given.Now), Is.EqualTo(state), "the state that is recorded is the state that the facts tell");
            Events(given, call, decision, [(type, at), .. after]);
        }

        return decision;
    }

    /// <summary>The call was kept and changed nothing: the facts are the settled ones.</summary>
    public static LicenseDecision Kept(Situation given, LicenseCommand call, CommandOutcome outcome)
    {
        var decision = LicenseLifecycle.Decide(given.License, call, given.Now);
        Kept(given, call.Source, decision, outcome);
        Events(given, call, decision, [(TypeOf(outcome), Later(given.Now, given.Settled.LastEventAt))]);
        return decision;
    }

    /// <summary>As above, for a decision that was made elsewhere.</summary>
    public static void Kept(Situation given, CallSource source, LicenseDecision decision, CommandOutcome outcome)
    {
        var at = Later(given.Now, given.Settled.LastEventAt);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(outcome));
            Assert.That(decision.Reason, Is.Not.Null.And.Not.Empty);
            Assert.That(decision.NeedsCode, Is.False, "needs a code");
            Facts(decision.After, given.Settled with { LastEventAt = at, Version = given.License.Version + 1 });
            Assert.That(decision.Events[^1].Type, Is.EqualTo(TypeOf(outcome)));
            Assert.That(decision.Events[^1].Source, Is.EqualTo(source));
            Assert.That(decision.Events[^1].Remark, Is.EqualTo(decision.Reason));
        }
    }

    public static void Noted(Situation given, LicenseCommand call) => Kept(given, call, CommandOutcome.Noted);

    public static void Conflict(Situation given, LicenseCommand call) => Kept(given, call, CommandOutcome.Conflict);

    public static void Unserved(Situation given, LicenseCommand call) => Kept(given, call, CommandOutcome.Unserved);

    /// <summary>Refused: nothing changes, nothing is stored, not even what the clock has decided.</summary>
    public static void Refused(Situation given, LicenseCommand call)
    {
        var decision = LicenseLifecycle.Decide(given.License, call, given.Now);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decision.Outcome, Is.EqualTo(CommandOutcome.Refused));
            Assert.That(decision.After, Is.SameAs(given.License));
            Assert.That(decision.Events, Is.Empty);
            Assert.That(decision.NeedsCode, Is.False, "needs a code");
            Assert.That(decision.Reason, Is.Not.Null.And.Not.Empty);
        }
    }

    /// <summary>All facts are equal, the earlier expiries by content. A failure names the fact.</summary>
    public static void Facts(License actual, License expected) => Assert.That(actual, Is.EqualTo(expected).UsingPropertiesComparer());

    private static void Events(Situation given, LicenseCommand call, LicenseDecision decision, (LicenseEventType, DateTimeOffset)[] ofTheCall)
    {
        var events = decision.Events;
        Assert.That(events.Select(each => (each.Type, each.At)), Is.EqualTo(given.ByTheClock.Concat(ofTheCall)), "events");

        // The clock's before and after the call, and the call's own in between.
        var own = given.ByTheClock.Count;
        Assert.That(
            events.Select(each => each.Source),
            Is.EqualTo(events.Select((_, index) => index == own ? call.Source : CallSource.Clock)), "sources");

        var before = given.License;
        foreach (var each in events)
        {
            Assert.That(each.Before, Is.Not.Null);
            Facts(each.Before!, before);
            Assert.That(each.After.LastEventAt, Is.EqualTo(each.At));
            Assert.That(each.At, Is.GreaterThanOrEqualTo(before.LastEventAt), "event times never decrease");
            before = each.After;
        }

        Facts(decision.After, before with { Version = decision.After.Version });
    }

    private static LicenseEventType TypeOf(CommandOutcome outcome) => outcome switch
    {
        CommandOutcome.Noted => LicenseEventType.Noted,
        CommandOutcome.Conflict => LicenseEventType.Conflict,
        CommandOutcome.Unserved => LicenseEventType.Unserved,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome that keeps a call without effect."),
    };

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Cut(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());
}
