namespace LicenseAuthority.Licensing.MarketplaceCodes;

/// <summary>
/// A call of a marketplace on a code that no license was issued for yet: bought, and not activated. It is done with the license, when that is issued. Immutable.
/// </summary>
/// <param name="Kind">What it asks.</param>
/// <param name="Source">The call.</param>
/// <param name="At">When it came.</param>
internal sealed record KeptCall(KeptCallKind Kind, CallSource Source, DateTimeOffset At)
{
    /// <summary>Rises with every call that is kept; 0 = it is not kept yet.</summary>
    public long Number { get; init; }

    /// <summary>What a new end is for; this and what follows is null where <see cref="Kind"/> has none.</summary>
    public TermPurpose? Purpose { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public TermOrder? Order { get; init; }

    /// <summary>Why it is held.</summary>
    public string? Reason { get; init; }

    /// <summary>SHA-256 of what makes it the same call again.</summary>
    public byte[]? Key { get; init; }

    /// <summary>The call, as it is kept. Only what a marketplace asks of a code can be kept, else <see cref="ArgumentOutOfRangeException"/>.</summary>
    public static KeptCall Of(LicenseCommand command, DateTimeOffset at) => command switch
    {
        LicenseCommand.SetTerm set => new KeptCall(KeptCallKind.Term, set.Source, at)
        {
            Purpose = set.Purpose,
            ExpiresAt = set.ExpiresAt,
            Order = set.Order,
            Key = set.Keys.SingleOrDefault()?.Hash,
        },
        LicenseCommand.Suspend suspend => new KeptCall(KeptCallKind.Hold, suspend.Source, at) { Reason = suspend.Reason },
        LicenseCommand.Resume => new KeptCall(KeptCallKind.Resume, command.Source, at),
        LicenseCommand.Terminate => new KeptCall(KeptCallKind.Release, command.Source, at),
        _ => throw new ArgumentOutOfRangeException(nameof(command), command.GetType().Name, "Such a call is not kept."),
    };

    /// <summary>What it asks of the license.</summary>
    /// <param name="policy">How the marketplace means its calls.</param>
    public LicenseCommand ToCommand(CallPolicy policy) => Kind switch
    {
        KeptCallKind.Term => new LicenseCommand.SetTerm(Source, policy, Purpose!.Value, ExpiresAt!.Value)
        {
            Order = Order,
            Keys = Key is { } key ? [new CallKey(key, OnlySuccess: false)] : [],
        },
        KeptCallKind.Hold => new LicenseCommand.Suspend(Source, policy, Reason!),
        KeptCallKind.Resume => new LicenseCommand.Resume(Source, policy),
        KeptCallKind.Release => new LicenseCommand.Terminate(Source, policy),
        _ => throw new InvalidOperationException($"No call is {Kind}."),
    };
}

/// <summary>What a kept call asks.</summary>
internal enum KeptCallKind
{
    /// <summary>A new end of the term.</summary>
    Term = 0,

    /// <summary>A hold.</summary>
    Hold = 1,

    /// <summary>The end of a hold.</summary>
    Resume = 2,

    /// <summary>It is over, and never gets a license.</summary>
    Release = 3,
}

/// <summary>Which calls are kept, and what becomes of them. Pure.</summary>
internal static class KeptCallRules
{
    /// <summary>So many are kept of a code.</summary>
    public const int Most = 100;

    /// <summary>Whether a call is kept besides those of the same code that are.</summary>
    /// <param name="kept">These, in order.</param>
    /// <param name="next">The call.</param>
    /// <param name="test">It is a debug case, which the marketplace replays for ever: it succeeds.</param>
    public static KeepOutcome Judge(IReadOnlyList<KeptCall> kept, KeptCall next, bool test)
    {
        if (IsReleased(kept) || kept.Any(earlier => next.Key is { } key && earlier.Key is { } known && known.AsSpan().SequenceEqual(key)))
        {
            return KeepOutcome.Known;
        }

        // A repeat, which these kinds have no key for. A new end may lift what the hold before it has done, and then a further hold says something.
        var last = kept.LastOrDefault(call => call.Kind is KeptCallKind.Hold or KeptCallKind.Resume || next.Kind == KeptCallKind.Hold);
        if (next.Kind is KeptCallKind.Hold or KeptCallKind.Resume && last?.Kind == next.Kind)
        {
            return KeepOutcome.Known;
        }

        // That it is over outweighs all the rest.
        return kept.Count < Most || next.Kind == KeptCallKind.Release ? KeepOutcome.Kept
            : test ? KeepOutcome.Known
            : KeepOutcome.TooMany;
    }

    /// <summary>Whether the code is over: it never gets a license.</summary>
    public static bool IsReleased(IReadOnlyList<KeptCall> kept) => kept.Any(static call => call.Kind == KeptCallKind.Release);

    /// <summary>
    /// The end that a license begins with before its kept calls are done. What they say outweighs the estimate: it must not make a renewal look like one that shortens,
    /// nor the license perpetual.
    /// </summary>
    /// <param name="estimate">The end as it is else; null = perpetual.</param>
    /// <param name="kept">The calls, in order.</param>
    public static DateTimeOffset? EndToBeginWith(DateTimeOffset? estimate, IReadOnlyList<KeptCall> kept) =>
        kept.FirstOrDefault(static call => call.Kind == KeptCallKind.Term)?.ExpiresAt is { } said && !(estimate <= said) ? said : estimate;
}

/// <summary>What became of a call that was to be kept.</summary>
internal enum KeepOutcome
{
    Kept = 0,

    /// <summary>It says nothing new.</summary>
    Known = 1,

    /// <summary>So many are kept already that this one is not.</summary>
    TooMany = 2,

    /// <summary>The code has a license by now, which the call is for. Nothing was stored.</summary>
    HasLicense = 3,

    /// <summary>The nonce of the call was used up before. Nothing was stored.</summary>
    NonceUsedUp = 4,
}
