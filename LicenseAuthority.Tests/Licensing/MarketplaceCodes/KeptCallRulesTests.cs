using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing.MarketplaceCodes;

/// <summary>Which calls are kept for a license that is to come, and what they make of it.</summary>
internal sealed class KeptCallRulesTests
{
    private static readonly DateTimeOffset Now = TestClock.Round;
    private static readonly DateTimeOffset End = Now.AddDays(100);

    private static readonly KeptCall Hold = KeptCall.Of(Calls.Freeze, Now);
    private static readonly KeptCall Resume = KeptCall.Of(Calls.Unfreeze, Now);
    private static readonly KeptCall Release = KeptCall.Of(Calls.Release, Now);

    [Test]
    public void Judge_FirstOfItsKind_Kept()
    {
        foreach (var call in new[] { Renewal("CS1", End), Hold, Resume, Release })
        {
            Assert.That(KeptCallRules.Judge([], call, test: false), Is.EqualTo(KeepOutcome.Kept), call.ToString());
        }
    }

    [Test]
    public void Judge_SameRenewalKey_KnownWhateverCameBetween()
    {
        KeptCall[] kept = [Renewal("CS1", End), Hold];

        using (Assert.EnterMultipleScope())
        {
            Assert.That(KeptCallRules.Judge(kept, Renewal("CS1", End), test: false), Is.EqualTo(KeepOutcome.Known));
            Assert.That(KeptCallRules.Judge(kept, Renewal("CS2", End), test: false), Is.EqualTo(KeepOutcome.Kept));
            Assert.That(KeptCallRules.Judge(kept, Renewal("CS1", End.AddDays(1)), test: false), Is.EqualTo(KeepOutcome.Kept));
        }
    }

    [Test]
    public void Judge_HoldTwice_KnownUnlessItWasResumedBetween()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(KeptCallRules.Judge([Hold], Hold, test: false), Is.EqualTo(KeepOutcome.Known));
            Assert.That(KeptCallRules.Judge([Hold, Resume], Hold, test: false), Is.EqualTo(KeepOutcome.Kept));
            Assert.That(KeptCallRules.Judge([Hold, Resume], Resume, test: false), Is.EqualTo(KeepOutcome.Known));
            Assert.That(KeptCallRules.Judge([Hold, Resume, Renewal("CS1", End)], Resume, test: false), Is.EqualTo(KeepOutcome.Known));
            Assert.That(KeptCallRules.Judge([Hold, Renewal("CS1", End)], Hold, test: false), Is.EqualTo(KeepOutcome.Kept), "the renewal may have thawed the first");
        }
    }

    [Test]
    public void Judge_AfterARelease_EverythingIsKnown() => Assert.That(
        new[] { Renewal("CS1", End), Hold, Resume, Release }.Select(call => KeptCallRules.Judge([Release], call, test: false)), Is.All.EqualTo(KeepOutcome.Known));

    [Test]
    public void Judge_AHundredAreKept_OnlyAReleaseIsKeptBesides()
    {
        KeptCall[] kept = [.. Enumerable.Range(0, KeptCallRules.Most).Select(number => Renewal($"CS{number}", End))];

        using (Assert.EnterMultipleScope())
        {
            Assert.That(KeptCallRules.Judge(kept[1..], Renewal("another", End), test: false), Is.EqualTo(KeepOutcome.Kept));
            Assert.That(KeptCallRules.Judge(kept, Renewal("another", End), test: false), Is.EqualTo(KeepOutcome.TooMany));
            Assert.That(KeptCallRules.Judge(kept, Renewal("CS7", End), test: false), Is.EqualTo(KeepOutcome.Known));
            Assert.That(KeptCallRules.Judge(kept, Release, test: false), Is.EqualTo(KeepOutcome.Kept));
            Assert.That(KeptCallRules.Judge(kept, Renewal("another", End), test: true), Is.EqualTo(KeepOutcome.Known), "a debug case is replayed for ever and must succeed");
        }
    }

    [Test]
    public void ToCommand_GivesBackWhatWasKept()
    {
        var renewal = new LicenseCommand.SetTerm(Calls.Marketplace, Calls.Policy, TermPurpose.Renewal, End)
        {
            Order = new TermOrder("a scene", "OFFI1"),
            Keys = [CallKey.Renewal("a scene", "CS1", "CS1-1", End)],
        };
        var back = (LicenseCommand.SetTerm)KeptCall.Of(renewal, Now).ToCommand(Calls.Policy);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(back with { Keys = [] }, Is.EqualTo(renewal with { Keys = [] }));
            Assert.That(back.Keys.Single().Hash, Is.EqualTo(renewal.Keys.Single().Hash));
            Assert.That(Hold.ToCommand(Calls.Policy), Is.EqualTo(Calls.Freeze with { Keys = Hold.ToCommand(Calls.Policy).Keys }));
            Assert.That(() => KeptCall.Of(Calls.AdminFreeze, Now), Throws.TypeOf<ArgumentOutOfRangeException>());
        }
    }

    [Test]
    public void EndToBeginWith_ACallSaysEarlier_OrTheLicenseWouldBePerpetual_TheCallsOwn()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(KeptCallRules.EndToBeginWith(End, []), Is.EqualTo(End));
            Assert.That(KeptCallRules.EndToBeginWith(null, []), Is.Null);
            Assert.That(KeptCallRules.EndToBeginWith(End, [Hold]), Is.EqualTo(End));
            Assert.That(KeptCallRules.EndToBeginWith(End, [Renewal("CS1", End.AddDays(1))]), Is.EqualTo(End), "that is a renewal, and stays one");
            Assert.That(KeptCallRules.EndToBeginWith(End, [Renewal("CS1", End.AddDays(-1))]), Is.EqualTo(End.AddDays(-1)));
            Assert.That(KeptCallRules.EndToBeginWith(null, [Hold, Renewal("CS1", End)]), Is.EqualTo(End));
        }
    }

    [Test]
    public void Issue_WithEarlierCalls_DecidedInTheirOrderAndOneCodeForAll()
    {
        var draft = new LicenseBuilder().Build() with { ExpiresAt = End };
        LicenseCommand[] earlier = [Calls.Renewal(End.AddDays(100)), Calls.Freeze, Calls.Renewal(End.AddDays(50)), Calls.Refund(End.AddDays(40))];

        var (whole, decisions) = LicenseLifecycle.Issue(draft, Calls.Marketplace, remark: null, earlier);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(decisions.Select(decision => decision.Outcome), Is.EqualTo(
                [CommandOutcome.Applied, CommandOutcome.Applied, CommandOutcome.Conflict, CommandOutcome.Applied]));
            Assert.That(whole.Events.Select(happened => happened.Type), Is.EqualTo([
                LicenseEventType.Issued, LicenseEventType.Renewed, LicenseEventType.Frozen, LicenseEventType.Conflict, LicenseEventType.Renewed]));
            Assert.That(whole.After.ExpiresAt, Is.EqualTo(End.AddDays(40)));
            Assert.That(whole.After.StateAt(draft.IssuedAt), Is.EqualTo(LicenseState.Frozen));
            Assert.That((whole.After.Generation, whole.After.UnboundGeneration, whole.After.Version, whole.After.CodeIssuedAt),
                Is.EqualTo((draft.Generation, draft.UnboundGeneration, draft.Version, draft.CodeIssuedAt)));
            Assert.That(whole.NeedsCode);
            Assert.That(whole.Events[^1].After, Is.EqualTo(whole.After));
        }
    }

    [Test]
    public void Issue_ReleasedBefore_IsIssuedAndReleased()
    {
        var draft = new LicenseBuilder().Build() with { ExpiresAt = End };

        var (whole, _) = LicenseLifecycle.Issue(draft, Calls.Marketplace, remark: null, [Calls.Release]);

        Assert.That(whole.After.StateAt(draft.IssuedAt), Is.EqualTo(LicenseState.Released));
        Assert.That(whole.After.Release!.By, Is.EqualTo(ReleasedBy.Marketplace));
    }

    private static KeptCall Renewal(string orderId, DateTimeOffset expiresAt) => KeptCall.Of(
        new LicenseCommand.SetTerm(new CallSource(CallSource.Marketplace, "aCall", orderId, "1"), Calls.Policy, TermPurpose.Renewal, expiresAt)
        {
            Order = new TermOrder("a scene", null),
            Keys = [CallKey.Renewal("a scene", orderId, "1", expiresAt)],
        },
        Now);
}
