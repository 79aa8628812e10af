using System.Text;
using CsCheck;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>
/// Random lives of licenses: all calls, repeated and in any order, clock steps from nothing to weeks and onto the limits, compared with
/// <see cref="LifecycleModel"/> and with what must always hold. The same lives in every run; a failure prints the shortest part of the life
/// that still fails, and the number under which <see cref="Life(uint)"/> gives it again.
/// </summary>
internal sealed class LifecyclePropertyTests
{
    private const ulong Seed = 20_260_101;
    private const uint Lives = 3_000;
    private static readonly DateTimeOffset Start = LicenseBuilder.Start;
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private static readonly TimeSpan[] Graces = [TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7), TimeSpan.FromDays(15)];

    private static readonly TimeSpan[] Tolerances = [TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromDays(60)];

    // Days from the start; null = perpetual.
    private static readonly int?[] Terms = [365, 30, 30, 2, 1, 0, -5, -30, null, null, int.MaxValue];

    // How far from a limit: just before, at, just after.
    private static readonly TimeSpan[] Edges =
    [
        TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(-1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(-1),
    ];

    private static readonly TimeSpan[] DateEdges =
    [
        TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(-1), TimeSpan.FromDays(1), TimeSpan.FromDays(-1),
        TimeSpan.FromSeconds(86_401), TimeSpan.FromSeconds(-86_401), TimeSpan.FromHours(12), TimeSpan.FromHours(-12),
    ];

    // Numbers that a life is made of; they get their meaning from where the license stands when their turn comes.
    private static readonly Gen<Move> Moves = Gen.Select(
        Gen.Int[0, 11], Gen.Int[0, 999_999], Gen.Int[0, 59], Gen.Int[0, 9], Gen.Int[0, 99_999],
        (clock, step, call, date, edge) => new Move(clock, step, call, date, edge));

    private static readonly Gen<Plan> Plans = Gen.Select(
        Gen.Int[0, Terms.Length - 1], Gen.Int[0, Graces.Length - 1], Gen.Int[0, Tolerances.Length - 1], Gen.Int[0, 3], Gen.Int[0, 3], Moves.Array[4, 24],
        (term, grace, tolerance, trial, test, moves) => new Plan(Terms[term], Graces[grace], Tolerances[tolerance], trial == 0, test == 0, moves));

    [Test]
    public void Decide_AnyLife_IsAsTheListOfAcceptedCallsTells()
    {
        var seen = new HashSet<(Type, LicenseState, bool, CommandOutcome)>();

        ForEveryLife(plan =>
        {
            var (license, model) = Begin(plan);
            Same(license, model, Start);
            foreach (var (call, now, move) in Walk(plan, model))
            {
                var column = (model.StateAt(now), model.ReleasedBySomebody);
                var expected = model.Call(call, now);
                var decision = LicenseLifecycle.Decide(license, call, now);

                Check(decision.Outcome == expected, $"outcome {decision.Outcome}, but the model says {expected}");
                license = decision.After;
                Same(license, model, now);

                // And at later instants, if nobody calls.
                SameState(license, model, now.AddSeconds(move.Step));
                SameState(license, model, now.AddDays(move.Edge % 40));
                if (model.NextChange(now) is { } change)
                {
                    SameState(license, model, change - Tick > now ? change - Tick : now);
                    SameState(license, model, change);
                }

                seen.Add((call.GetType(), column.Item1, column.ReleasedBySomebody, expected));
            }
        });

        // No cell of the table may be missed by chance.
        using (Assert.EnterMultipleScope())
        {
            var kinds = typeof(LicenseCommand).GetNestedTypes(System.Reflection.BindingFlags.NonPublic)
                .Where(kind => !kind.IsAbstract);
            foreach (var kind in kinds)
            {
                Assert.That(seen.Where(each => each.Item1 == kind).Select(each => (each.Item2, each.Item3)).Distinct().Count(), Is.EqualTo(6), kind.Name);
            }

            Assert.That(seen.Select(each => each.Item4).Distinct().Count(), Is.EqualTo(5), "outcomes");
        }
    }

    [Test]
    public void Settle_WheneverOrNever_GivesTheSameLife()
    {
        var settledEarlier = 0;
        ForEveryLife(plan =>
        {
            // Three schedulers: one that never runs, one that is exact, one that runs now and then.
            var (off, model) = Begin(plan);
            var (exact, _) = Begin(plan);
            var (late, _) = Begin(plan);
            List<LicenseEvent> eventsOff = [], eventsExact = [], eventsLate = [];
            var before = Start;

            foreach (var (call, now, move) in Walk(plan, model))
            {
                model.Call(call, now);
                while (exact.NextDueAt <= now)
                {
                    exact = Settle(exact, exact.NextDueAt!.Value, eventsExact);
                }

                if (move.Step % 3 != 0)
                {
                    late = Settle(late, before + ((now - before) * (move.Step % 100 / 99.0)), eventsLate);
                }

                settledEarlier += off.RecordedState != exact.RecordedState ? 1 : 0;
                var outcome = Decide(ref off, call, now, eventsOff);
                Check(Decide(ref exact, call, now, eventsExact) == outcome, "another outcome with an exact scheduler");
                Check(Decide(ref late, call, now, eventsLate) == outcome, "another outcome with a late scheduler");
                Check(off.StateAt(now) == exact.StateAt(now), "another state with an exact scheduler");
                Check(off.StateAt(now) == late.StateAt(now), "another state with a late scheduler");
                before = now;
            }

            var end = before.AddYears(3);
            off = Settle(off, end, eventsOff);
            exact = Settle(Settle(exact, before.AddDays(1), eventsExact), end, eventsExact);
            late = Settle(late, end, eventsLate);
            model.RecordClock(end);

            Check(SameFacts(off, exact) && SameFacts(off, late), "other facts");
            Check(Told(eventsOff).SequenceEqual(Told(eventsExact)), "other events with an exact scheduler");
            Check(Told(eventsOff).SequenceEqual(Told(eventsLate)), "other events with a late scheduler");

            var issued = LicenseLifecycle.Issue(Draft(plan), Calls.Marketplace).Events;
            var recorded = issued.Concat(eventsOff).Select(each => (each.Type, each.At)).ToList();
            Check(
                recorded.SequenceEqual(model.Events),
                $"events\n{string.Join('\n', recorded)}\nbut the model says\n{string.Join('\n', model.Events)}");
        });

        Assert.That(settledEarlier, Is.GreaterThan(1_000), "cases in which the scheduler was first");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Decide_AnyLife_KeepsWhatMustAlwaysHold(bool clockGoesBack)
    {
        ForEveryLife(plan =>
        {
            var (license, model) = Begin(plan);
            foreach (var (call, walked, move) in Walk(plan, model))
            {
                model.Call(call, walked);

                // The clock falls back by up to two days, for this one call.
                var now = clockGoesBack && move.Step % 4 == 0 ? walked.AddSeconds(-(move.Edge * 1.7)) : walked;
                var decision = LicenseLifecycle.Decide(license, call, now);
                CheckStep(license, call, decision, now);
                license = decision.After;
            }
        });
    }

    /// <summary>A life by its number, to have a failing one again.</summary>
    private static Plan Life(uint number) => Plans.Generate(new PCG(number, Seed), null!, out _);

    private static void CheckStep(License before, LicenseCommand call, LicenseDecision decision, DateTimeOffset now)
    {
        var after = decision.After;
        if (decision.Outcome == CommandOutcome.Refused)
        {
            Check(ReferenceEquals(after, before) && decision.Events.Count == 0 && !decision.NeedsCode, "a refused call changes nothing");
            return;
        }

        var last = before.LastEventAt;
        foreach (var each in decision.Events)
        {
            Check(each.At >= last, "event times never decrease");
            last = each.At;
        }

        Check(after.LastEventAt == last, "the last event's time is kept");
        Check(after.Version == before.Version + 1, "the version counts every change");
        Check(
            decision.NeedsCode
                ? after.Generation == before.Generation + 1
                    && (after.CodeIssuedAt > before.CodeIssuedAt || before.CodeIssuedAt - now > TimeSpan.FromHours(23))
                : after.Generation == before.Generation && after.CodeIssuedAt == before.CodeIssuedAt,
            "number and time of the code rise strictly, and only with a new code");
        Check(after.CodeIssuedAt.Ticks % TimeSpan.TicksPerSecond == 0, "codes have whole seconds");
        Check(!decision.NeedsCode || after.CodeIssuedAt - now < TimeSpan.FromHours(24), "licensed software takes no code from so far ahead");
        Check(!decision.NeedsCode || after.StartsAt <= after.CodeIssuedAt, "the term has begun");

        Check(after.RecordedState == after.StateAt(now), "what is recorded is what the facts tell");
        if (after.NextDueAt is { } due)
        {
            Check(due > now, "what is due lies ahead");
            Check(after.StateAt(due - Tick) == after.RecordedState, "the state changes before it is due");
            Check(after.StateAt(due) != after.RecordedState, "the state does not change when it is due");
            Check(LicenseLifecycle.Settle(after, due - Tick).Events.Count == 0, "something is settled before it is due");
            Check(LicenseLifecycle.Settle(after, due).Events.Count > 0, "nothing is settled when it is due");
        }
        else
        {
            Check(after.StateAt(LicenseTime.Latest) == after.RecordedState, "the state changes and nothing is due");
        }

        if (before.RecordedState == LicenseState.Revoked)
        {
            Check(after.RecordedState == LicenseState.Revoked, "a revoked license came back");
        }

        if (before is { RecordedState: LicenseState.Released, Release.By: not ReleasedBy.Clock }
            && call is not LicenseCommand.ApplyConflict { Kind: ConflictKind.Unserved })
        {
            Check(after.RecordedState is LicenseState.Released or LicenseState.Revoked, "a license that somebody released came back");
            Check(after.Release is not null && after.Release.By == before.Release.By && after.Release.At == before.Release.At, "who released it changed");
        }

        if (decision.Outcome is CommandOutcome.Noted or CommandOutcome.Conflict or CommandOutcome.Unserved)
        {
            var settled = LicenseLifecycle.Settle(before, now).After;
            Check(SameFacts(after with { LastEventAt = settled.LastEventAt }, settled), "a call without effect changed a fact");
        }

        if (before.Test)
        {
            Check(decision.Outcome is CommandOutcome.Applied or CommandOutcome.Noted, "a call on a test license failed");
        }
    }

    private static (License License, LifecycleModel Model) Begin(Plan plan)
    {
        var draft = Draft(plan);
        return (
            LicenseLifecycle.Issue(draft, Calls.Marketplace).After,
            new LifecycleModel(Start, draft.ExpiresAt, draft.Grace, draft.Tolerance, draft.Quantity, draft.Trial, draft.Test));
    }

    private static License Draft(Plan plan) => new LicenseBuilder().With(license => license with
    {
        ExpiresAt = plan.Term switch
        {
            null => null,
            int.MaxValue => LicenseTime.Latest,
            { } days => Start.AddDays(days),
        },
        Grace = plan.Grace,
        Tolerance = plan.Tolerance,
        Trial = plan.Trial,
        Test = plan.Test,
    });

    // The model must have decided each call before the next one is asked for: it knows the limits to go to.
    private static IEnumerable<(LicenseCommand Call, DateTimeOffset Now, Move Move)> Walk(Plan plan, LifecycleModel model)
    {
        var now = Start;
        LicenseCommand call = Calls.Expire;
        foreach (var move in plan.Moves)
        {
            now = Advance(now, move, model);
            call = MakeCall(move, now, model) ?? call;
            yield return (call, now, move);
        }
    }

    private static DateTimeOffset Advance(DateTimeOffset now, Move move, LifecycleModel model)
    {
        var target = move.Clock switch
        {
            0 => now,
            1 => now.AddMilliseconds(1 + (move.Step % 1_500)),
            2 => now.AddSeconds(1 + (move.Step % 100_000)),
            3 or 4 => now.AddDays(1 + (move.Step % 14)),
            5 => now.AddDays(14 + (move.Step % 60)),
            6 => Near(model.ExpiresAt, TimeSpan.Zero),
            7 => Near(model.EndsAt, TimeSpan.Zero),
            8 => Near(model.GraceEnd, TimeSpan.Zero),
            9 => Near(model.ExpiresAt, TimeSpan.FromDays(1)),
            10 => Near(model.ExpiresAt, TimeSpan.FromDays(2)),
            _ => Near(model.NextChange(now), TimeSpan.Zero),
        };
        return target > now ? target : now;

        // The end of time is never reached.
        DateTimeOffset Near(DateTimeOffset? limit, TimeSpan before) =>
            limit is { Year: > 1 and < 9000 } instant ? instant - before + Edges[move.Step % Edges.Length] : now.AddHours(1);
    }

    // Null: the same call again.
    private static LicenseCommand? MakeCall(Move move, DateTimeOffset now, LifecycleModel model) => move.Call switch
    {
        < 5 => Calls.Renewal(Date(move, now, model)),
        < 6 => Calls.Renew(TermPurpose.Change, Date(move, now, model)),
        < 12 => Calls.Refresh(Date(move, now, model)),
        < 15 => Calls.Refund(Date(move, now, model)),
        < 18 => Calls.Formalise(Date(move, now, model)),
        < 22 => Calls.Expire,
        < 25 => Calls.Freeze,
        < 28 => Calls.Unfreeze,
        < 29 => Calls.Release,
        < 31 => Calls.AdminFreeze,
        < 33 => Calls.AdminUnfreeze,
        < 34 => Calls.AdminRelease,
        < 35 => Calls.AdminRevoke,
        < 38 => Calls.AdminChange(move.Date < 3 ? null : Date(move, now, model), move.Edge % 2 == 0 ? null : 6),
        < 40 => Calls.Quantity(4 + (move.Edge % 4)),
        < 42 => Calls.AdminReissue,
        < 44 => Calls.AdminRestore,
        < 46 => Calls.ExpireKnownToBeLate,
        < 49 => Calls.Apply(
            ConflictKind.Unserved,
            new ConflictProposal(Expire: false, Date(move, now, model), move.Edge % 5 == 0 ? 7 : null) { Formalise = move.Edge % 3 == 0 }),
        < 53 => Calls.Apply(ConflictKind.Conflict, new ConflictProposal(Expire: false, move.Date < 2 ? null : Date(move, now, model), move.Edge % 2 == 0 ? null : 6)),
        < 54 => Calls.Apply(ConflictKind.Conflict, new ConflictProposal(Expire: true, null, null)),
        < 56 => new LicenseCommand.DismissConflict(Calls.Operator, "as it is"),
        < 58 => new LicenseCommand.CorrectEnd(Calls.Marketplace, move.Edge % 5 == 0 ? now : model.ExpiresAt, Date(move, now, model)),
        _ => null,
    };

    private static DateTimeOffset Date(Move move, DateTimeOffset now, LifecycleModel model)
    {
        var second = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        var current = model.ExpiresAt is { Year: > 1 and < 9000 } expiresAt ? expiresAt : second.AddDays(30);
        return move.Date switch
        {
            0 => current,
            1 or 2 => current.AddDays(30),
            3 => current.AddDays(365),
            4 => current + DateEdges[move.Edge % DateEdges.Length],
            5 or 6 => (model.Expiries[move.Edge % model.Expiries.Count] is { Year: > 1 and < 9000 } had ? had : current)
                + DateEdges[move.Edge / 7 % DateEdges.Length],
            7 => second.AddDays((move.Edge % 40) - 20),
            8 => second.AddSeconds((move.Edge % 5) - 2),
            _ => move.Edge % 10 == 0 ? LicenseTime.Latest : move.Edge % 10 == 1 ? DateTimeOffset.MinValue : second.AddDays(60),
        };
    }

    private static void Same(License license, LifecycleModel model, DateTimeOffset now)
    {
        SameState(license, model, now);
        Check(license.ExpiresAt == model.ExpiresAt, $"expires at {license.ExpiresAt:s}, but the model says {model.ExpiresAt:s}");
        Check(license.ExpiredByMarketplaceAt == model.ExpiredAt, "the marketplace's expire call");
        Check(license.EndsAt == model.EndsAt, "end of the term");
        Check(license.GraceEndsAt == model.GraceEnd, "end of the grace");
        Check(license.HoldMarketplace is not null == model.Held, "the marketplace's hold");
        Check(license.HoldAdmin is not null == model.HeldByAnOperator, "an operator's hold");
        Check(license.Trial == model.Trial, "trial");
        Check(license.Quantity == model.Quantity, "quantity");
        Check(license.Generation == model.Codes, "number of codes");
    }

    private static void SameState(License license, LifecycleModel model, DateTimeOffset at) =>
        Check(license.StateAt(at) == model.StateAt(at), $"{license.StateAt(at)} at {at:O}, but the model says {model.StateAt(at)}");

    private static License Settle(License license, DateTimeOffset now, List<LicenseEvent> events)
    {
        var decision = LicenseLifecycle.Settle(license, now);
        events.AddRange(decision.Events);
        return decision.After;
    }

    private static CommandOutcome Decide(ref License license, LicenseCommand call, DateTimeOffset now, List<LicenseEvent> events)
    {
        var decision = LicenseLifecycle.Decide(license, call, now);
        events.AddRange(decision.Events);
        license = decision.After;
        return decision.Outcome;
    }

    private static IEnumerable<(DateTimeOffset, LicenseEventType, CallSource, string?)> Told(List<LicenseEvent> events) =>
        events.Select(each => (each.At, each.Type, each.Source, each.Remark));

    private static bool SameFacts(License a, License b) =>
        a.EarlierExpiries.SequenceEqual(b.EarlierExpiries) && a with { EarlierExpiries = b.EarlierExpiries, Version = b.Version } == b;

    private static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }

    private static void ForEveryLife(Action<Plan> check)
    {
        for (uint number = 0; number < Lives; number++)
        {
            var plan = Life(number);
            if (Fails(check, plan) is not null)
            {
                var shortest = Shorten(check, plan);
                Assert.Fail($"Life {number} of seed {Seed}: {Fails(check, shortest)}\n{Tell(shortest)}");
            }
        }
    }

    private static string? Fails(Action<Plan> check, Plan plan)
    {
        try
        {
            check(plan);
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or OverflowException)
        {
            return exception.Message;
        }
    }

    // Leaves out one move after the other as long as it still fails.
    private static Plan Shorten(Action<Plan> check, Plan plan)
    {
        for (var i = plan.Moves.Length - 1; i >= 0; i--)
        {
            var without = plan with { Moves = [.. plan.Moves.Where((_, index) => index != i)] };
            if (Fails(check, without) is not null)
            {
                plan = without;
            }
        }

        return plan;
    }

    private static string Tell(Plan plan)
    {
        var text = new StringBuilder($"Issued {Start:s}, expires {Draft(plan).ExpiresAt:s}, grace {plan.Grace}, tolerance {plan.Tolerance}, trial {plan.Trial}, test {plan.Test}\n");
        var (_, model) = Begin(plan);
        foreach (var (call, now, _) in Walk(plan, model))
        {
            text.Append(null, $"{now:yyyy-MM-ddTHH:mm:ss.fff} {model.StateAt(now)}: {call} -> {model.Call(call, now)}\n");
        }

        return text.ToString();
    }

    private sealed record Move(int Clock, int Step, int Call, int Date, int Edge);

    private sealed record Plan(int? Term, TimeSpan Grace, TimeSpan Tolerance, bool Trial, bool Test, Move[] Moves);
}
