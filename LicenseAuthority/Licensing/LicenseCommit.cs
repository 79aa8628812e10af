using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Licensing;

/// <summary>All that one decision changes, stored in one transaction.</summary>
internal sealed record LicenseCommit
{
    /// <summary>The license as it was read; null for a new one. The commit is a concurrency conflict when the stored version is another.</summary>
    public required License? Before { get; init; }

    /// <summary>The license as it shall be.</summary>
    public required License After { get; init; }

    /// <summary>What happened, in order; at least one.</summary>
    public required IReadOnlyList<LicenseEvent> Events { get; init; }

    /// <summary>The new code, or null. With an <see cref="Activation"/> it is that device's.</summary>
    public SignedCode? Code { get; init; }

    /// <summary>The place of a device that is taken, or has a new code; or null.</summary>
    public Activation? Activation { get; init; }

    /// <summary>The place of a device that is given up, or null. All of its codes are invalid from then on.</summary>
    public Activation? Freed { get; init; }

    /// <summary>The new code goes to the marketplace that asked for it in the name of the device.</summary>
    public bool Deliver { get; init; }

    /// <summary>A test license begins anew: all its devices give up their places.</summary>
    public bool FreesAllDevices { get; init; }

    /// <summary>
    /// The new code is earlier than the last one, which a clock signed that was far ahead (<see cref="CodeTime"/>). That one, and every other code of the
    /// license with such a time, is void: never the newest again, though it still proves who asks.
    /// </summary>
    public bool VoidsLaterCodes => Code is not null && Before is { } before && before.CodeIssuedAt > After.CodeIssuedAt;

    /// <summary>
    /// The license was released and is no more: its codes were over then, and a list may have said so. They stay over, whatever brought the license back; only the
    /// code that this commit adds counts. Said now, so that a release need not touch the codes.
    /// </summary>
    public bool EndsEarlierCodes =>
        After is { Release: null, Revocation: null }
        && (IsOver(Before) || Events.Any(static happened => IsOver(happened.Before) || IsOver(happened.After)));

    /// <summary>The order that the license was issued for, when it is new.</summary>
    public PlacedOrder? Order { get; init; }

    /// <inheritdoc cref="IssueLicense.OperatorsReason"/>
    public string? OperatorsReason { get; init; }

    /// <summary>
    /// The license has an id that was allotted to its order before: with it and <see cref="Order"/> the order is pending no more. A concurrency conflict when it
    /// was not pending.
    /// </summary>
    public bool ServesPendingOrder { get; init; }

    /// <summary>The marketplace code that the license is issued for, when it is new; or null. A concurrency conflict when the account's code has a license.</summary>
    public CodeOfLicense? MarketplaceCode { get; init; }

    /// <summary>
    /// The number of the last call that was kept for the code, 0 = there was none: they are done with this commit and kept no more. A concurrency conflict when another
    /// one was kept since.
    /// </summary>
    public long KeptUpTo { get; init; }

    /// <summary>These calls, in their order. Their events are the last ones of <see cref="Events"/>.</summary>
    public IReadOnlyList<EarlierCall> EarlierCalls { get; init; } = [];

    /// <summary>Who has said the new end of the term, if it is a new one.</summary>
    public EndKnownBy EndSaidBy { get; init; } = EndKnownBy.Call;

    /// <summary>What was bought with a new round of a test license: its order with the quantity and the expiry of this time; or null.</summary>
    public PlacedOrder? NewRound { get; init; }

    /// <summary>The renewal or refund order behind the change, or null.</summary>
    public FollowUpOrder? FollowUpOrder { get; init; }

    /// <summary>Under which keys the answer is remembered.</summary>
    public IReadOnlyList<CallKey> Keys { get; init; } = [];

    /// <summary>The answer that is remembered under <see cref="Keys"/>.</summary>
    public CommandOutcome Outcome { get; init; }

    /// <summary>What the call uses up, with what it is answered; or null. The commit is a concurrency conflict when it was used up before.</summary>
    public AnsweredNonce? Nonce { get; init; }

    /// <summary>A conflict or unserved order that an operator has to decide, or null.</summary>
    public OpenConflict? Conflict { get; init; }

    /// <summary>The conflict that this settles, or null.</summary>
    public ConflictResolution? Resolution { get; init; }

    /// <summary>Nobody waits for it: calls go before.</summary>
    public bool IsInBackground { get; init; }

    /// <summary>
    /// The instant from which the clock would have decided otherwise: the commit is a concurrency conflict when that has passed by the time it is
    /// stored. Null = never.
    /// </summary>
    public DateTimeOffset? GoodUntil { get; init; }

    private static bool IsOver(License? license) => license is { Release: not null } or { Revocation: not null };
}

/// <summary>A call that came before its license, and is done with it.</summary>
/// <param name="Keys">Under which keys its answer is remembered.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Order">The order behind it, or null.</param>
/// <param name="Conflict">What an operator has to decide of it, or null.</param>
/// <param name="Events">What happened by it, in order.</param>
internal sealed record EarlierCall(
    IReadOnlyList<CallKey> Keys, CommandOutcome Outcome, FollowUpOrder? Order, OpenConflict? Conflict, IReadOnlyList<LicenseEvent> Events);

/// <summary>What became of a <see cref="LicenseCommit"/>.</summary>
internal enum StoreOutcome
{
    /// <summary>Stored, durably.</summary>
    Stored = 0,

    /// <summary>Somebody else was first; nothing was stored.</summary>
    ConcurrencyConflict = 1,
}
