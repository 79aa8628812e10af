using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Licensing;

/// <summary>
/// The state machine of a license (docs/license-lifecycle.md has the table with its reasons). Pure: no clock, no storage, the same input
/// gives the same decision. Every decision first settles, that is, records what the clock has decided up to now; so a scheduler that
/// runs, is late or is off gives the same answers.
/// <para>Not its business: telling repeated calls apart (their keys are looked up by <see cref="LicenseService"/>), and order keys.</para>
/// </summary>
internal static class LicenseLifecycle
{
    private const string EndsPerpetual = "the license is perpetual, and this call would end it";

    /// <summary>A new license, settled: with an expiry in the past it is Frozen or Released at once.</summary>
    public static LicenseDecision Issue(License draft, CallSource source, string? remark = null)
    {
        var events = new List<LicenseEvent>();
        var license = Record(draft with { RecordedState = LicenseState.Active }, null, LicenseEventType.Issued, draft.IssuedAt, source, remark, events);
        license = Settle(license, draft.IssuedAt, events);
        return new LicenseDecision(CommandOutcome.Applied, license, events, NeedsCode: true, Reason: null, GoodUntil: null);
    }

    /// <summary>
    /// A new license with the calls that came before it, each decided as it would be on the license, in their order. It has one code, of all that came of them.
    /// </summary>
    /// <returns>The whole, with all events; and of each call its own decision, whose events are among them.</returns>
    public static (LicenseDecision Whole, IReadOnlyList<LicenseDecision> Calls) Issue(
        License draft, CallSource source, string? remark, IReadOnlyList<LicenseCommand> earlier)
    {
        var whole = Issue(draft, source, remark);
        var calls = new List<LicenseDecision>();
        foreach (var command in earlier)
        {
            var decision = Decide(whole.After, command, draft.IssuedAt);
            decision = decision with
            {
                After = AsNew(decision.After),
                Events = [.. decision.Events.Select(happened => happened with { Before = AsNew(happened.Before!), After = AsNew(happened.After) })],
            };
            calls.Add(decision);
            whole = whole with { After = decision.After, Events = [.. whole.Events, .. decision.Events] };
        }

        return (whole, calls);

        // Nobody has had any of the codes and versions in between.
        License AsNew(License license) => license with
        {
            Generation = draft.Generation,
            UnboundGeneration = draft.UnboundGeneration,
            CodeIssuedAt = draft.CodeIssuedAt,
            Version = draft.Version,
        };
    }

    /// <summary>
    /// Begins a new round of a test license that is over: the marketplace replays its debug cases twice a day, with the order ids of the first
    /// time. The license keeps its id, product and customer; the other facts come from <paramref name="draft"/>, made as for a new order.
    /// </summary>
    public static LicenseDecision IssueAgain(License finished, License draft, CallSource source, DateTimeOffset now, string? remark = null)
    {
        var events = new List<LicenseEvent>();
        var before = Settle(finished, now, events);
        var beginsAt = LicenseTime.CutToSecond(now);
        var license = draft with
        {
            Id = before.Id,
            Product = before.Product,
            Customer = before.Customer,
            Round = before.Round + 1,
            IssuedAt = beginsAt,
            StartsAt = beginsAt,
            Generation = before.Generation + 1,
            UnboundGeneration = before.Generation + 1,
            CodeIssuedAt = CodeTime.Next(before.CodeIssuedAt, now),
            RecordedState = LicenseState.Active,
            Version = before.Version + 1,
        };
        license = Record(license, before, LicenseEventType.Issued, EventTime(before, now), source, remark, events);
        license = Settle(license, now, events);
        return new LicenseDecision(CommandOutcome.Applied, license, events, NeedsCode: true, Reason: null, GoodUntil: null);
    }

    /// <summary>Records what the clock has decided up to <paramref name="now"/>, and nothing else. Without events there was nothing to record.</summary>
    public static LicenseDecision Settle(License license, DateTimeOffset now)
    {
        var events = new List<LicenseEvent>();
        var settled = Settle(license, now, events);
        var after = events.Count == 0 ? license : settled with { Version = license.Version + 1 };
        return new LicenseDecision(CommandOutcome.Noted, after, events, NeedsCode: false, Reason: null, GoodUntil: null);
    }

    /// <summary>Keeps a call that was answered with success but not applied, without any other effect.</summary>
    public static LicenseDecision KeepConflict(
        License license, CallSource source, CallPolicy policy, ConflictProposal proposal, string reason, DateTimeOffset now) =>
        new Step(license, source, policy, proposal, now).Conflict(reason);

    /// <summary>Keeps a call as unserved that was refused before anybody looked at the license, without any other effect.</summary>
    public static LicenseDecision KeepUnserved(
        License license, CallSource source, CallPolicy policy, ConflictProposal proposal, string reason, DateTimeOffset now) =>
        new Step(license, source, policy, proposal, now).Unserved(reason);

    /// <summary>Records something about a device, which <see cref="ActivationRules"/> has decided, and gives the license's next code its number and time.</summary>
    public static LicenseDecision ChangeDevice(License license, DeviceChange change, DateTimeOffset now) =>
        new Step(license, change.Source, policy: null, proposal: null, now).ApplyToDevice(change);

    public static LicenseDecision Decide(License license, LicenseCommand command, DateTimeOffset now)
    {
        var step = new Step(license, command.Source, (command as LicenseCommand.OfMarketplace)?.Policy, command.ToProposal(), now);
        return command switch
        {
            LicenseCommand.SetTerm set => DecideSetTerm(step, set),
            LicenseCommand.EndTerm end => DecideEndTerm(step, end),
            LicenseCommand.Suspend suspend => DecideSuspend(step, suspend),
            LicenseCommand.Resume => DecideResume(step),
            LicenseCommand.Terminate => DecideTerminate(step),
            LicenseCommand.ChangeQuantity change => DecideChangeQuantity(step, change),
            LicenseCommand.CorrectEnd correct => DecideCorrectEnd(step, correct),
            LicenseCommand.OperatorSuspend suspend => DecideOperatorSuspend(step, suspend),
            LicenseCommand.OperatorResume resume => DecideOperatorResume(step, resume),
            LicenseCommand.OperatorTerminate terminate => DecideOperatorTerminate(step, terminate),
            LicenseCommand.Revoke revoke => DecideRevoke(step, revoke),
            LicenseCommand.Change change => DecideChange(step, change),
            LicenseCommand.Reissue reissue => DecideReissue(step, reissue),
            LicenseCommand.Restore restore => DecideRestore(step, restore),
            LicenseCommand.ApplyConflict apply => DecideApplyConflict(step, apply),
            LicenseCommand.DismissConflict dismiss => step.Note(dismiss.Remark),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command.GetType().Name, "An unknown kind of command."),
        };
    }

    private static LicenseDecision DecideSetTerm(Step step, LicenseCommand.SetTerm set)
    {
        var license = step.License;
        var refund = IsRefund(license, set);
        if (step.IsOverForGood)
        {
            // A refund of a renewal has nothing left to take away; anything else was paid for and cannot be served any more.
            return refund
                ? step.Note("a refund of a renewal on a license that is over")
                : step.Unserved($"the license is {Describe(license)}, so the order could not be served");
        }

        if (refund)
        {
            return DecideRefund(step, set.ExpiresAt);
        }

        // Only a trial that becomes formal may get a shorter term; on any other license that call is a renewal like others.
        var formalises = set.Purpose == TermPurpose.TrialToFormal && license.Trial;
        if (!formalises)
        {
            if (license.ExpiresAt is null)
            {
                return step.Conflict(EndsPerpetual);
            }

            if (set.ExpiresAt < license.ExpiresAt)
            {
                return step.Conflict(
                    set.Purpose == TermPurpose.Unstated ? "a renewal never shortens, and the license never had this expiry before" : "a renewal never shortens");
            }
        }

        // A paid renewal thaws a freeze by expiry and restores what only the clock released; a hold stays: who set it lifts it.
        return step.Apply(
            LicenseEventType.Renewed,
            WithExpiry(license, set.ExpiresAt) with
            {
                Trial = license.Trial && !formalises,
                ExpiredByMarketplaceAt = null,
                Release = null,
            },
            newCode: true);
    }

    private static LicenseDecision DecideRefund(Step step, DateTimeOffset expiresAt)
    {
        if (step.State == LicenseState.Released)
        {
            return step.Note("a refund of a renewal on a released license");
        }

        if (step.License.ExpiresAt is null)
        {
            return step.Conflict(EndsPerpetual);
        }

        // The marketplace may leave more than we know of, then a renewal is missing here. The customer gets it, except by thawing.
        var refunded = WithExpiry(step.License, expiresAt);
        return step.State == LicenseState.Frozen && refunded.StateByFacts(step.Now) == LicenseState.Active
            ? step.Conflict("a refund of a renewal never thaws, and this expiry would")
            : step.Apply(LicenseEventType.Renewed, refunded, newCode: true);
    }

    private static bool IsRefund(License license, LicenseCommand.SetTerm set) => set.Purpose switch
    {
        TermPurpose.Refund => true,

        // Only a date that the license had before is a refund, any other earlier date might be an old call restarted late.
        // The expiry that it has now is not one from before, even if it came twice.
        TermPurpose.Unstated => set.ExpiresAt < license.ExpiresAt
            && license.EarlierExpiries.Any(
                earlier => earlier != license.ExpiresAt && (earlier - set.ExpiresAt).Duration() <= set.Policy.RefundTolerance),
        _ => false,
    };

    private static LicenseDecision DecideEndTerm(Step step, LicenseCommand.EndTerm end)
    {
        var license = step.License;
        if (step.State is LicenseState.Released or LicenseState.Revoked)
        {
            return step.Note("the license is over");
        }

        if (license.ExpiredByMarketplaceAt is not null)
        {
            return step.Note("the marketplace had said so before; the first one counts");
        }

        if (license.EarlierExpiries.Length > 0 && license.ExpiresAt - step.Now > end.Policy.StaleEndMargin)
        {
            return end.IsKnownToBeLate
                ? step.Note("an operator knows of such a late expire call: the conflict is open, or was dismissed with the expiry that the license has")
                : step.Conflict("the license was renewed beyond this expire call, which looks like an old one restarted late");
        }

        return step.Apply(LicenseEventType.Frozen, license with { ExpiredByMarketplaceAt = LicenseTime.CutToSecond(step.Now) });
    }

    private static LicenseDecision DecideSuspend(Step step, LicenseCommand.Suspend suspend)
    {
        var license = step.License;
        if (step.State is LicenseState.Released or LicenseState.Revoked)
        {
            return step.Note("the license is over");
        }

        if (license.ExpiresAt - step.Now <= suspend.Policy.SuspensionIsEndMargin)
        {
            return DecideEndTerm(step, new LicenseCommand.EndTerm(suspend.Source, suspend.Policy));
        }

        return license.HoldMarketplace is null
            ? step.Apply(
                LicenseEventType.Frozen,
                license with { HoldMarketplace = new Hold(LicenseTime.CutToSecond(step.Now), suspend.Reason) },
                remark: suspend.Reason)
            : step.Note("the marketplace held it before");
    }

    private static LicenseDecision DecideResume(Step step) =>
        step.State == LicenseState.Frozen && step.License.HoldMarketplace is not null
            ? step.Apply(LicenseEventType.Unfrozen, step.License with { HoldMarketplace = null })
            : step.Note("the marketplace holds nothing here");

    private static LicenseDecision DecideTerminate(Step step) => step.IsOverForGood
        ? step.Note("the license is over")
        : step.Apply(LicenseEventType.Released, Released(step, ReleasedBy.Marketplace));

    private static LicenseDecision DecideChangeQuantity(Step step, LicenseCommand.ChangeQuantity change)
    {
        var license = step.License;
        if (change.Quantity == license.Quantity)
        {
            return step.Note("the license has this quantity");
        }

        var isLess = change.Quantity < license.Quantity;
        if (step.State is LicenseState.Released or LicenseState.Revoked)
        {
            // A smaller quantity has nothing left to take away; a larger one was paid for, and a released license is restored by a new term only.
            return isLess
                ? step.Note("a smaller quantity on a license that is over")
                : step.Unserved($"the license is {Describe(license)}, so the larger quantity could not be served");
        }

        return isLess
            ? step.Conflict("a smaller quantity would take away what was paid for")
            : step.Apply(LicenseEventType.Changed, license with { Quantity = change.Quantity }, newCode: true);
    }

    // The estimate is no earlier expiry: it was never bought, and no renewal has followed it.
    private static LicenseDecision DecideCorrectEnd(Step step, LicenseCommand.CorrectEnd correct) =>
        step.State == LicenseState.Active && step.License.ExpiresAt == correct.Estimate
        ? step.Apply(
            LicenseEventType.Changed, step.License with { ExpiresAt = correct.ExpiresAt }, newCode: true,
            remark: "the marketplace was asked when the term ends; until then that was an estimate")
        : step.Note("an estimate is set right on an active license only, and only while it is the end of the term");

    private static LicenseDecision DecideOperatorSuspend(Step step, LicenseCommand.OperatorSuspend suspend)
    {
        if (step.State is LicenseState.Released or LicenseState.Revoked)
        {
            return step.Refuse($"The license is {Describe(step.License)}; only a license that is not over can be frozen.");
        }

        return step.License.HoldAdmin is null
            ? step.Apply(
                LicenseEventType.Frozen,
                step.License with { HoldAdmin = new Hold(LicenseTime.CutToSecond(step.Now), suspend.Reason) },
                remark: suspend.Reason)
            : step.Refuse("An operator has frozen the license before; unfreeze it first.");
    }

    private static LicenseDecision DecideOperatorResume(Step step, LicenseCommand.OperatorResume resume) =>
        step.State == LicenseState.Frozen && step.License.HoldAdmin is not null
            ? step.Apply(LicenseEventType.Unfrozen, step.License with { HoldAdmin = null }, remark: resume.Reason)
            : step.Refuse("No operator has frozen the license. A freeze by expiry ends with a renewal, a marketplace's hold by the marketplace.");

    private static LicenseDecision DecideOperatorTerminate(Step step, LicenseCommand.OperatorTerminate terminate) =>
        step.State is LicenseState.Released or LicenseState.Revoked
            ? step.Refuse($"The license is {Describe(step.License)} already.")
            : step.Apply(LicenseEventType.Released, Released(step, ReleasedBy.Admin), remark: terminate.Reason);

    private static LicenseDecision DecideRevoke(Step step, LicenseCommand.Revoke revoke) =>
        step.State == LicenseState.Revoked
            ? step.Refuse("The license is revoked already.")
            : step.Apply(
                LicenseEventType.Revoked,
                step.License with { Revocation = new Revocation(LicenseTime.CutToSecond(step.Now), revoke.Reason) },
                remark: revoke.Reason);

    private static LicenseDecision DecideChange(Step step, LicenseCommand.Change change)
    {
        if (step.State is LicenseState.Released or LicenseState.Revoked)
        {
            return step.Refuse($"The license is {Describe(step.License)}; only a license that is not over can be changed.");
        }

        var license = step.License;
        var changed = change.ExpiresAt is { } expiresAt && expiresAt != license.ExpiresAt ? WithExpiry(license, expiresAt) : license;
        return step.Apply(
            LicenseEventType.Changed,
            changed with { Quantity = change.Quantity ?? license.Quantity, Entitlements = change.Entitlements ?? license.Entitlements },
            newCode: true,
            remark: change.Reason);
    }

    // Also in the grace and after a release by the clock: what is the same stays, and a late renewal may still come.
    private static LicenseDecision DecideReissue(Step step, LicenseCommand.Reissue reissue) => step.IsOverForGood
        ? step.Refuse($"The license is {Describe(step.License)}; it gets no code any more.")
        : step.Apply(LicenseEventType.Reissued, step.License, newCode: true, remark: reissue.Reason);

    private static LicenseDecision DecideRestore(Step step, LicenseCommand.Restore restore)
    {
        if (step.License is not { RecordedState: LicenseState.Released, Release.By: ReleasedBy.Clock })
        {
            return step.Refuse(step.IsOverForGood
                ? $"The license is {Describe(step.License)}, and that stays; only what the clock alone has released can be restored."
                : "The license is not released. There is nothing to restore.");
        }

        // It takes back what a wrong clock did, and gives no time: a term that is over by the right clock is over.
        var restored = step.License with { Release = null };
        return restored.StateByFacts(step.Now) == LicenseState.Released
            ? step.Refuse($"The grace of the license ended at {Rfc3339.Seconds(restored.GraceEndsAt!.Value)}, so the clock would release it again at once. A paid renewal, which gives it a new term, restores it.")
            : step.Apply(LicenseEventType.Restored, restored, newCode: true, remark: restore.Reason);
    }

    private static LicenseDecision DecideApplyConflict(Step step, LicenseCommand.ApplyConflict apply)
    {
        var license = step.License;
        if (apply.Kind == ConflictKind.Unserved)
        {
            return DecideApplyUnserved(step, apply);
        }

        if (step.State is LicenseState.Released or LicenseState.Revoked)
        {
            return step.Refuse($"The license is {Describe(license)}; nothing can be applied to it any more. Dismiss the conflict, and refund the order or have it bought anew.");
        }

        if (apply.Proposal.Expire)
        {
            return license.ExpiredByMarketplaceAt is null
                ? step.Apply(
                    LicenseEventType.Frozen, license with { ExpiredByMarketplaceAt = LicenseTime.CutToSecond(step.Now) }, remark: apply.Remark)
                : step.Refuse("The marketplace has said since that the license expired, and that was applied; dismiss the conflict.");
        }

        if (apply.Proposal is { ExpiresAt: null, Quantity: null })
        {
            return step.Refuse("There is nothing that could be applied: free the devices that are too many, or leave them. Then dismiss the conflict.");
        }

        // What the call did not say stays as it is.
        return step.Apply(
            LicenseEventType.Renewed,
            WithProposal(step, apply.Proposal, apply.Proposal.ExpiresAt),
            newCode: true,
            remark: apply.Remark);
    }

    // The operator knows what the rules cannot: that the customer's data is still there. A revoke is for ever.
    private static LicenseDecision DecideApplyUnserved(Step step, LicenseCommand.ApplyConflict apply)
    {
        var license = step.License;
        if (step.State == LicenseState.Revoked)
        {
            return step.Refuse("The license is revoked; nothing can be applied to it any more. Dismiss the conflict, and refund the order or have it bought anew.");
        }

        if (apply.Proposal.ExpiresAt is not { } expiresAt)
        {
            return step.Refuse("The order has no new expiry, and only a new term restores a license. Dismiss the conflict, and refund the order or have it bought anew.");
        }

        // Another order has restored the license meanwhile: like every renewal this one never shortens.
        var isShorter = !step.IsOverForGood && (license.ExpiresAt is not { } current || expiresAt < current);
        return step.Apply(
            LicenseEventType.Renewed,
            WithProposal(step, apply.Proposal, isShorter ? license.ExpiresAt : expiresAt) with
            {
                Trial = license.Trial && !apply.Proposal.Formalise,
                Release = null,
            },
            newCode: true,
            remark: apply.Remark);
    }

    // The marketplace's word that the license expired gives way to a later end, as with the renewal that this once was; a hold stays.
    private static License WithProposal(Step step, ConflictProposal proposal, DateTimeOffset? expiresAt)
    {
        var license = expiresAt is { } proposed && proposed != step.License.ExpiresAt ? WithExpiry(step.License, proposed) : step.License;
        return license with
        {
            Quantity = proposal.Quantity ?? license.Quantity,
            ExpiredByMarketplaceAt = proposal.ExpiresAt > step.Now ? null : license.ExpiredByMarketplaceAt,
        };
    }

    private static License WithExpiry(License license, DateTimeOffset expiresAt) => license with
    {
        ExpiresAt = expiresAt,
        EarlierExpiries = license.ExpiresAt is { } earlier ? license.EarlierExpiries.Add(earlier) : license.EarlierExpiries,
    };

    private static License Released(Step step, ReleasedBy by) => step.License with
    {
        // When the clock released it first, that is when it happened; the marketplace only makes it final.
        Release = new Release(step.License.Release?.At ?? LicenseTime.CutToSecond(step.Now), by),
    };

    private static License Settle(License license, DateTimeOffset now, List<LicenseEvent> events)
    {
        if (license.RecordedState == LicenseState.Active && license.StateAt(now) != LicenseState.Active)
        {
            // An expiry that was already past when it was set happened when it was set.
            license = Record(
                license with { RecordedState = LicenseState.Frozen }, license, LicenseEventType.Frozen,
                EventTime(license, license.EndsAt ?? now), CallSource.Clock, null, events);
        }

        if (license.RecordedState == LicenseState.Frozen && license.GraceEndsAt is { } graceEndsAt && license.StateAt(now) == LicenseState.Released)
        {
            license = Record(
                license with { RecordedState = LicenseState.Released, Release = new Release(graceEndsAt, ReleasedBy.Clock) },
                license, LicenseEventType.Released, EventTime(license, graceEndsAt), CallSource.Clock, null, events);
        }

        return license;
    }

    private static License Record(
        License after, License? before, LicenseEventType type, DateTimeOffset at, CallSource source, string? remark, List<LicenseEvent> events)
    {
        var recorded = after with { LastEventAt = at };
        events.Add(new LicenseEvent(at, type, source, before, recorded, remark));
        return recorded;
    }

    private static DateTimeOffset EventTime(License license, DateTimeOffset instant) => LicenseTime.Later(instant, license.LastEventAt);

    private static string Describe(License license) => license switch
    {
        { Revocation: not null } => "revoked",
        { Release.By: ReleasedBy.Clock } => "released by the clock",
        { Release.By: ReleasedBy.Marketplace } => "released by the marketplace",
        _ => "released by an operator",
    };

    /// <summary>One decision in the making: the license as settled, and the events so far.</summary>
    private sealed class Step
    {
        private readonly License _given;
        private readonly CallSource _source;
        private readonly CallPolicy? _policy;
        private readonly ConflictProposal? _proposal;
        private readonly List<LicenseEvent> _events = [];

        public Step(License license, CallSource source, CallPolicy? policy, ConflictProposal? proposal, DateTimeOffset now)
        {
            _given = license;
            _source = source;
            _policy = policy;
            _proposal = proposal;
            Now = now;
            License = Settle(license, now, _events);
            At = EventTime(License, now);
        }

        public License License { get; }

        /// <summary>
        /// The time of the call. All facts, codes and states come from it, and none from the newest event: that one's clock may have been ahead.
        /// </summary>
        public DateTimeOffset Now { get; }

        /// <summary>The time of the event; not before the license's newest one. For nothing else.</summary>
        private DateTimeOffset At { get; }

        public LicenseState State => License.RecordedState;

        /// <summary>Revoked, or released by somebody: nothing but an operator's revoke changes it.</summary>
        public bool IsOverForGood =>
            State == LicenseState.Revoked || (State == LicenseState.Released && License.Release?.By != ReleasedBy.Clock);

        public LicenseDecision Apply(LicenseEventType type, License changed, bool newCode = false, string? remark = null)
        {
            if (newCode)
            {
                changed = WithNewCode(changed);
            }

            // What the clock decides on the new facts is an event of its own; but a license that was frozen and still is needs no second one.
            // A freeze that was recorded by a clock that was ahead ends here: the facts are judged anew.
            var stillFrozen = State == LicenseState.Frozen && changed.StateByFacts(Now) != LicenseState.Active;
            var state = changed.StateWithoutClock;
            var after = changed with { RecordedState = stillFrozen && state == LicenseState.Active ? LicenseState.Frozen : state };
            after = Record(after, License, type, At, _source, remark, _events);
            after = Settle(after, Now, _events);
            return Decision(CommandOutcome.Applied, after, newCode, null);
        }

        public LicenseDecision ApplyToDevice(DeviceChange change)
        {
            var license = License;
            if (change.OverId is { } over)
            {
                license = Record(license, license, LicenseEventType.Deactivated, At, CallSource.Clock, over, _events);
            }

            var changed = change.NewCode
                ? license with
                {
                    Generation = license.Generation + 1,
                    CodeIssuedAt = CodeTime.NextOfDevice(license.CodeIssuedAt, change.LastCodeAt, Now),
                }
                : license;
            var remark = change.Reason is null ? change.ActivationId : $"{change.ActivationId}: {change.Reason}";
            return Apply(change.Type, changed, remark: remark) with { NeedsCode = change.NewCode };
        }

        public LicenseDecision Note(string reason) => Keep(CommandOutcome.Noted, LicenseEventType.Noted, reason);

        public LicenseDecision Conflict(string reason) => EveryCallSucceeds
            ? Note(reason)
            : Keep(CommandOutcome.Conflict, LicenseEventType.Conflict, reason) with { Proposal = _proposal };

        public LicenseDecision Unserved(string reason) => EveryCallSucceeds
            ? Note(reason)
            : Keep(CommandOutcome.Unserved, LicenseEventType.Unserved, reason) with { Proposal = _proposal };

        // The marketplace's monitoring must not take a product off the shelf.
        private bool EveryCallSucceeds => License.Test && _policy is { ReplaysTestCases: true };

        public LicenseDecision Refuse(string reason) => new(CommandOutcome.Refused, _given, [], NeedsCode: false, reason, GoodUntil: null);

        private License WithNewCode(License changed)
        {
            var issuedAt = CodeTime.Next(License.CodeIssuedAt, Now);
            var generation = License.Generation + 1;
            var next = changed with { Generation = generation, UnboundGeneration = generation, CodeIssuedAt = issuedAt };

            // One that began with its issue was issued by a clock that was ahead: nobody wanted it to begin later.
            return next.StartsAt > issuedAt && next.StartsAt <= next.IssuedAt ? next with { IssuedAt = issuedAt, StartsAt = issuedAt } : next;
        }

        private LicenseDecision Keep(CommandOutcome outcome, LicenseEventType type, string reason) =>
            Decision(outcome, Record(License, License, type, At, _source, reason, _events), newCode: false, reason);

        private LicenseDecision Decision(CommandOutcome outcome, License after, bool newCode, string? reason) =>
            new(outcome, after with { Version = _given.Version + 1 }, _events, newCode, reason, License.NextDueAt);
    }
}

/// <summary>What <see cref="LicenseLifecycle"/> decided. Nothing has happened yet: it counts when it is stored.</summary>
/// <param name="Outcome">What became of the command.</param>
/// <param name="After">The license as it shall be stored; the given one itself if nothing changes.</param>
/// <param name="Events">What happened, in order: first what the clock had decided, then the command.</param>
/// <param name="NeedsCode">The license needs a new code; its number and time are already in <paramref name="After"/>.</param>
/// <param name="Reason">Why a command was not applied, for people; null if it was.</param>
/// <param name="GoodUntil">From this instant on the clock would have decided otherwise; null = never.</param>
internal sealed record LicenseDecision(
    CommandOutcome Outcome, License After, IReadOnlyList<LicenseEvent> Events, bool NeedsCode, string? Reason, DateTimeOffset? GoodUntil)
{
    /// <summary>What an operator can still have; set when the command is kept as a conflict or as unserved.</summary>
    public ConflictProposal? Proposal { get; init; }
}

/// <summary>What became of a command. The doors translate it.</summary>
internal enum CommandOutcome
{
    /// <summary>It changed the license, or issued one; or the order had been served before.</summary>
    Applied = 0,

    /// <summary>Nothing to change; kept as <c>call.noted</c>. Success for the marketplace.</summary>
    Noted = 1,

    /// <summary>
    /// Not applied, because that would take away what was paid for; success for the marketplace, an operator decides (<c>call.conflict</c>).
    /// </summary>
    Conflict = 2,

    /// <summary>Paid for, but the license is over for good; refused, kept for an operator (<c>order.unserved</c>), and an alarm.</summary>
    Unserved = 3,

    /// <summary>Does not fit the license's state; only operators get this answer (409), and nothing is stored.</summary>
    Refused = 4,

    /// <summary>There is no such license or conflict, as far as the caller may know. Nothing is stored.</summary>
    NotFound = 5,

    /// <summary>No product is sold under the order's marketplace product id. Nothing is stored.</summary>
    UnknownProduct = 6,

    /// <summary>A conflict that is about no license, so that there is nothing to apply it to (409). Nothing is stored.</summary>
    NotApplicable = 7,
}
