using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>
/// The life of a license told another way, to compare with: nothing but the list of the calls that were accepted, with their times. Every
/// fact, and the state at any instant, is worked out anew from that list by the words of the specification. Shares no code with the product
/// beyond the names of things. Here the clock does not go back.
/// </summary>
internal sealed class LifecycleModel
{
    private static readonly DateTimeOffset EndOfTime = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    private readonly DateTimeOffset? _firstExpiry;
    private readonly int _firstQuantity;
    private readonly TimeSpan _grace;
    private readonly TimeSpan _tolerance;
    private readonly bool _trial;
    private readonly bool _test;
    private readonly List<Accepted> _accepted = [];
    private readonly List<(LicenseEventType Type, DateTimeOffset At)> _events = [];
    private LicenseState _recorded = LicenseState.Active;

    public LifecycleModel(DateTimeOffset issuedAt, DateTimeOffset? expiresAt, TimeSpan grace, TimeSpan tolerance, int quantity, bool trial, bool test)
    {
        _firstQuantity = quantity;
        _firstExpiry = expiresAt;
        _grace = grace;
        _tolerance = tolerance;
        _trial = trial;
        _test = test;
        _events.Add((LicenseEventType.Issued, issuedAt));
        RecordClock(issuedAt);
    }

    /// <summary>What an accepted call did.</summary>
    private enum Deed
    {
        Renewal,
        Refund,
        Expire,
        Hold,
        LiftHold,
        OperatorsHold,
        LiftOperatorsHold,
        Release,
        OperatorsRelease,
        Revocation,
        Change,
        Correction,
        Reissue,
        AppliedConflict,
        AppliedUnserved,
    }

    /// <summary>What must have been recorded, when the clock's part is recorded up to the last call or <see cref="RecordClock"/>.</summary>
    public IReadOnlyList<(LicenseEventType Type, DateTimeOffset At)> Events => _events;

    public DateTimeOffset? ExpiresAt => Expiries[^1];

    /// <summary>The term may be longer than was said: what ends it is the expire call, or this.</summary>
    public DateTimeOffset? EndsAt => ExpiresAt is { } said ? Add(said, _tolerance) : null;

    /// <summary>All that it ever had, the first one first; the last one is what it has now. An estimate that was set right it never had.</summary>
    public IReadOnlyList<DateTimeOffset?> Expiries
    {
        get
        {
            List<DateTimeOffset?> all = [_firstExpiry];
            foreach (var each in _accepted.Where(each => each.ExpiresAt is not null))
            {
                if (each.Deed == Deed.Correction)
                {
                    all.RemoveAt(all.Count - 1);
                }

                all.Add(each.ExpiresAt);
            }

            return all;
        }
    }

    /// <summary>Set by the first expire, cleared only by a renewal.</summary>
    public DateTimeOffset? ExpiredAt
    {
        get
        {
            var renewal = _accepted.FindLastIndex(each => each.Deed == Deed.Renewal || each.GivesTime);
            return _accepted.Skip(renewal + 1).FirstOrDefault(each => each.Deed == Deed.Expire) is { } expire
                ? DateTimeOffset.FromUnixTimeSeconds(expire.At.ToUnixTimeSeconds())
                : null;
        }
    }

    public bool Held => Last(Deed.Hold, Deed.LiftHold) == Deed.Hold;

    public bool HeldByAnOperator => Last(Deed.OperatorsHold, Deed.LiftOperatorsHold) == Deed.OperatorsHold;

    public bool Trial => _trial && !_accepted.Exists(each => each.Formalises);

    public int Quantity => _accepted.FindLast(each => each.Quantity is not null)?.Quantity ?? _firstQuantity;

    public int Codes => 1 + _accepted.Count(
        each => each.Deed is Deed.Renewal or Deed.Refund or Deed.Change or Deed.Correction or Deed.Reissue or Deed.AppliedConflict or Deed.AppliedUnserved);

    /// <summary>The later of the end of the term and the first expire, plus the grace.</summary>
    public DateTimeOffset? GraceEnd
    {
        get
        {
            var ends = new[] { EndsAt, ExpiredAt }.Where(end => end is not null).ToList();
            return ends.Count == 0 ? null : Add(ends.Max()!.Value, _grace);
        }
    }

    /// <summary>And no operator had an order applied since that had been refused for it.</summary>
    public bool ReleasedBySomebody =>
        _accepted.FindLastIndex(each => each.Deed is Deed.Release or Deed.OperatorsRelease) > _accepted.FindLastIndex(each => each.Deed == Deed.AppliedUnserved);

    // "A license that was renewed": an expiry gave way to another call's, whichever way.
    private bool WasRenewed => _accepted
        .Where(each => each.ExpiresAt is not null && each.Deed != Deed.Correction)
        .Zip(Expiries)
        .Any(pair => pair.Second is not null
            && (pair.First.Deed is not (Deed.Change or Deed.AppliedConflict or Deed.AppliedUnserved) || pair.First.ExpiresAt != pair.Second));

    /// <summary>The first line of the table that matches. For instants from the last call on.</summary>
    public LicenseState StateAt(DateTimeOffset now) =>
        _accepted.Exists(each => each.Deed == Deed.Revocation) ? LicenseState.Revoked
        : ReleasedBySomebody || GraceEnd <= now ? LicenseState.Released
        : Held || HeldByAnOperator || ExpiredAt is not null || EndsAt <= now ? LicenseState.Frozen
        : LicenseState.Active;

    /// <summary>When the state changes next if nobody calls.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset now) => StateAt(now) switch
    {
        LicenseState.Active => EndsAt,
        LicenseState.Frozen => GraceEnd,
        _ => null,
    };

    /// <summary>Decides a call by the cell of its row and column, and keeps it in the list if it has an effect.</summary>
    public CommandOutcome Call(LicenseCommand call, DateTimeOffset now)
    {
        var (outcome, type, accepted) = Cell(call, now);
        if (_test && outcome is CommandOutcome.Conflict or CommandOutcome.Unserved)
        {
            (outcome, type) = (CommandOutcome.Noted, LicenseEventType.Noted);
        }

        if (outcome == CommandOutcome.Refused)
        {
            return outcome;
        }

        RecordClock(now);
        _events.Add((type, now));
        if (outcome == CommandOutcome.Applied)
        {
            _accepted.Add(accepted!);
            if (_recorded == LicenseState.Released && accepted!.Deed is Deed.Renewal or Deed.AppliedUnserved)
            {
                // Restored: from here on the clock decides anew.
                _recorded = LicenseState.Active;
            }

            RecordClock(now);
        }

        return outcome;
    }

    /// <summary>The clock's deeds up to an instant: they happened when they were due, but never before what happened last.</summary>
    public void RecordClock(DateTimeOffset now)
    {
        var state = StateAt(now);
        var release = state == LicenseState.Released && !ReleasedBySomebody && _recorded != LicenseState.Released;
        var termAlone = !Held && !HeldByAnOperator && ExpiredAt is null;
        if (_recorded == LicenseState.Active && (state == LicenseState.Frozen || release) && termAlone)
        {
            _events.Add((LicenseEventType.Frozen, NotBeforeTheLast(EndsAt!.Value)));
        }

        if (release)
        {
            _events.Add((LicenseEventType.Released, NotBeforeTheLast(GraceEnd!.Value)));
        }

        _recorded = state;
    }

    private (CommandOutcome Outcome, LicenseEventType Type, Accepted? Accepted) Cell(LicenseCommand call, DateTimeOffset now)
    {
        var state = StateAt(now);
        var alive = state is LicenseState.Active or LicenseState.Frozen;
        var overForGood = state == LicenseState.Revoked || ReleasedBySomebody;
        return call switch
        {
            LicenseCommand.SetTerm renew => CellOfRenew(renew, now, state, overForGood),

            // What an operator knows is no second conflict; in all other ways it is a call like the first one.
            LicenseCommand.EndTerm { IsKnownToBeLate: true } => CellOfExpire(now, alive) is var cell && cell.Outcome == CommandOutcome.Conflict ? Noted : cell,
            LicenseCommand.EndTerm => CellOfExpire(now, alive),
            LicenseCommand.Suspend when alive && ExpiresAt is { } end && end - now <= TimeSpan.FromDays(1) => CellOfExpire(now, alive),
            LicenseCommand.Suspend => alive && !Held ? Applied(LicenseEventType.Frozen, new(Deed.Hold, now)) : Noted,
            LicenseCommand.Resume => alive && Held ? Applied(LicenseEventType.Unfrozen, new(Deed.LiftHold, now)) : Noted,
            LicenseCommand.Terminate => overForGood ? Noted : Applied(LicenseEventType.Released, new(Deed.Release, now)),

            LicenseCommand.ChangeQuantity { Quantity: var quantity } when quantity == Quantity => Noted,
            LicenseCommand.ChangeQuantity { Quantity: var quantity } when quantity < Quantity => alive ? Conflict : Noted,
            LicenseCommand.ChangeQuantity { Quantity: var quantity } => alive
                ? Applied(LicenseEventType.Changed, new(Deed.Change, now, Quantity: quantity))
                : Unserved,

            LicenseCommand.OperatorSuspend => alive && !HeldByAnOperator
                ? Applied(LicenseEventType.Frozen, new(Deed.OperatorsHold, now))
                : Refused,
            LicenseCommand.OperatorResume => alive && HeldByAnOperator
                ? Applied(LicenseEventType.Unfrozen, new(Deed.LiftOperatorsHold, now))
                : Refused,
            LicenseCommand.OperatorTerminate => alive ? Applied(LicenseEventType.Released, new(Deed.OperatorsRelease, now)) : Refused,
            LicenseCommand.Revoke => state != LicenseState.Revoked ? Applied(LicenseEventType.Revoked, new(Deed.Revocation, now)) : Refused,
            LicenseCommand.Change change => alive
                ? Applied(LicenseEventType.Changed, new(Deed.Change, now, change.ExpiresAt, Quantity: change.Quantity))
                : Refused,
            LicenseCommand.CorrectEnd correct => state == LicenseState.Active && ExpiresAt == correct.Estimate
                ? Applied(LicenseEventType.Changed, new(Deed.Correction, now, correct.ExpiresAt))
                : Noted,

            // What the right clock has released it would release again.
            LicenseCommand.Restore => Refused,
            LicenseCommand.ApplyConflict { Kind: ConflictKind.Unserved, Proposal: var asked } => CellOfUnserved(asked, now, state),
            LicenseCommand.ApplyConflict { Proposal.Expire: true } => alive && ExpiredAt is null
                ? Applied(LicenseEventType.Frozen, new(Deed.Expire, now))
                : Refused,
            LicenseCommand.ApplyConflict { Proposal: var asked } => alive && (asked.ExpiresAt ?? (object?)asked.Quantity) is not null
                ? Applied(LicenseEventType.Renewed, new(Deed.AppliedConflict, now, asked.ExpiresAt, Quantity: asked.Quantity, GivesTime: asked.ExpiresAt > now))
                : Refused,
            LicenseCommand.DismissConflict => Noted,
            LicenseCommand.Reissue => overForGood ? Refused : Applied(LicenseEventType.Reissued, new(Deed.Reissue, now)),
            _ => throw new ArgumentOutOfRangeException(nameof(call), call, "An unknown call."),
        };
    }

    private (CommandOutcome, LicenseEventType, Accepted?) CellOfRenew(LicenseCommand.SetTerm renew, DateTimeOffset now, LicenseState state, bool overForGood)
    {
        var isEarlier = renew.ExpiresAt < ExpiresAt;
        var formalises = renew.Purpose == TermPurpose.TrialToFormal && Trial;
        var isRefund = renew.Purpose == TermPurpose.Refund
            || (renew.Purpose == TermPurpose.Unstated && isEarlier && HadBefore(renew.ExpiresAt));
        if (isRefund)
        {
            var termAlone = !Held && !HeldByAnOperator && ExpiredAt is null;
            return state is LicenseState.Released or LicenseState.Revoked ? Noted
                : ExpiresAt is null ? Conflict
                : state == LicenseState.Frozen && termAlone && Add(renew.ExpiresAt, _tolerance) > now ? Conflict
                : Applied(LicenseEventType.Renewed, new(Deed.Refund, now, renew.ExpiresAt));
        }

        return overForGood ? Unserved
            : !formalises && (ExpiresAt is null || isEarlier) ? Conflict
            : Applied(LicenseEventType.Renewed, new(Deed.Renewal, now, renew.ExpiresAt, formalises));
    }

    // Whoever released it, only a revoke is for ever. A license that another order brought back is not made shorter.
    private (CommandOutcome, LicenseEventType, Accepted?) CellOfUnserved(ConflictProposal asked, DateTimeOffset now, LicenseState state)
    {
        if (state == LicenseState.Revoked || asked.ExpiresAt is null)
        {
            return Refused;
        }

        var keepsItsEnd = !ReleasedBySomebody && (ExpiresAt is null || asked.ExpiresAt < ExpiresAt);
        return Applied(
            LicenseEventType.Renewed,
            new(Deed.AppliedUnserved, now, keepsItsEnd ? null : asked.ExpiresAt, asked.Formalise, asked.Quantity, GivesTime: asked.ExpiresAt > now));
    }

    private (CommandOutcome Outcome, LicenseEventType, Accepted?) CellOfExpire(DateTimeOffset now, bool alive) =>
        !alive || ExpiredAt is not null ? Noted
        : WasRenewed && ExpiresAt > now && ExpiresAt.Value - now > TimeSpan.FromDays(2) ? Conflict
        : Applied(LicenseEventType.Frozen, new(Deed.Expire, now));

    private bool HadBefore(DateTimeOffset date) => Expiries.Any(
        each => each is { } had && had != ExpiresAt && had - date <= TimeSpan.FromDays(1) && date - had <= TimeSpan.FromDays(1));

    private Deed? Last(Deed one, Deed other) => _accepted.FindLast(each => each.Deed == one || each.Deed == other)?.Deed;

    private DateTimeOffset NotBeforeTheLast(DateTimeOffset at) => at < _events[^1].At ? _events[^1].At : at;

    private static DateTimeOffset Add(DateTimeOffset instant, TimeSpan span) => EndOfTime - instant <= span ? EndOfTime : instant + span;

    private static (CommandOutcome, LicenseEventType, Accepted?) Noted => (CommandOutcome.Noted, LicenseEventType.Noted, null);

    private static (CommandOutcome, LicenseEventType, Accepted?) Conflict => (CommandOutcome.Conflict, LicenseEventType.Conflict, null);

    private static (CommandOutcome, LicenseEventType, Accepted?) Unserved => (CommandOutcome.Unserved, LicenseEventType.Unserved, null);

    private static (CommandOutcome, LicenseEventType, Accepted?) Refused => (CommandOutcome.Refused, default, null);

    private static (CommandOutcome, LicenseEventType, Accepted?) Applied(LicenseEventType type, Accepted accepted) =>
        (CommandOutcome.Applied, type, accepted);

    private sealed record Accepted(Deed Deed, DateTimeOffset At, DateTimeOffset? ExpiresAt = null, bool Formalises = false, int? Quantity = null, bool GivesTime = false);
}
