using System.Collections.Immutable;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Licensing;

/// <summary>
/// The facts about one license: the right of one customer to use one product. Immutable. All instants are UTC in whole seconds.
/// Facts change only through <see cref="LicenseLifecycle"/>; what they mean at an instant is <see cref="StateAt"/>.
/// </summary>
internal sealed record License
{
    /// <summary><c>lic_</c> + ULID; also the marketplace's instance id and the <c>sub</c> of every code.</summary>
    public required string Id { get; init; }

    /// <summary>The seller's account at a marketplace.</summary>
    public required string Account { get; init; }

    /// <summary>Product id, the <c>aud</c> of every code; a renewal never changes it.</summary>
    public required string Product { get; init; }

    /// <summary>A license of the marketplace's debug cases. It never mixes with real ones, and codes say so.</summary>
    public required bool Test { get; init; }

    /// <summary>
    /// For tests only: how often the marketplace's debug cases have begun anew on this license, from 1. Repeats of calls are told within one round.
    /// </summary>
    public int Round { get; init; } = 1;

    /// <summary>A trial, until it is formalised.</summary>
    public bool Trial { get; init; }

    /// <summary>Who bought it.</summary>
    public required Customer Customer { get; init; }

    /// <summary>Quantity bought, 1 to 9,999,999.</summary>
    public required int Quantity { get; init; }

    /// <summary>What it grants.</summary>
    public required Entitlements Entitlements { get; init; }

    /// <summary>When it was issued (in the current round).</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>Not usable before.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>The end of the term as the orders say; null = perpetual. What it is judged by is <see cref="EndsAt"/>.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Every expiry it had before a renewal or refund replaced it, oldest first; empty if it was never renewed.</summary>
    public ImmutableArray<DateTimeOffset> EarlierExpiries { get; init; } = [];

    /// <summary>How long it stays renewable after the end of its term: 0 to 15 days, copied from the product at issue.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>
    /// How much longer than the orders say the term may be, since it may have begun later: 0 to 60 days, copied from the product at issue. An expire call ends
    /// the term whatever is left of it.
    /// </summary>
    public TimeSpan Tolerance { get; init; }

    /// <summary>When the marketplace first said that it expired; cleared only by a renewal.</summary>
    public DateTimeOffset? ExpiredByMarketplaceAt { get; init; }

    /// <summary>The marketplace's hold, or null.</summary>
    public Hold? HoldMarketplace { get; init; }

    /// <summary>An operator's hold, or null.</summary>
    public Hold? HoldAdmin { get; init; }

    /// <summary>When it was released and by whom, or null.</summary>
    public Release? Release { get; init; }

    /// <summary>When an operator revoked it and why, or null.</summary>
    public Revocation? Revocation { get; init; }

    /// <summary>Number of the newest code, whatever it is bound to, from 1: it counts over all codes of the license.</summary>
    public required int Generation { get; init; }

    /// <summary>Number of the newest code that is bound to no device: what an order, an operator and every repeat gets.</summary>
    public required int UnboundGeneration { get; init; }

    /// <summary>The <c>iat</c> of the newest code; <see cref="CodeTime"/> has the next one's.</summary>
    public required DateTimeOffset CodeIssuedAt { get; init; }

    /// <summary>
    /// Time of the newest event. Event times do not go back when the clock does; nothing else is judged by it, since the clock may have been ahead then.
    /// </summary>
    public required DateTimeOffset LastEventAt { get; init; }

    /// <summary>The state that was last recorded; exact as long as the clock has not passed <see cref="NextDueAt"/>.</summary>
    public required LicenseState RecordedState { get; init; }

    /// <summary>Counts the changes, from 1. A change that was decided on an older version is not stored.</summary>
    public required long Version { get; init; }

    /// <summary>At this instant the term is over, the <c>exp</c> of its codes: <see cref="ExpiresAt"/> plus the tolerance; null = perpetual.</summary>
    public DateTimeOffset? EndsAt => ExpiresAt is { } expires ? LicenseTime.Add(expires, Tolerance) : null;

    /// <summary>
    /// When the grace ends and the clock releases it: the later of the end of the term and the marketplace's expire call, plus the grace; null = never.
    /// The only place of this formula, and that of <see cref="EndsAt"/>, outside SQL.
    /// </summary>
    public DateTimeOffset? GraceEndsAt => (EndsAt, ExpiredByMarketplaceAt) switch
    {
        (null, null) => null,
        ({ } ends, null) => LicenseTime.Add(ends, Grace),
        (null, { } expired) => LicenseTime.Add(expired, Grace),
        ({ } ends, { } expired) => LicenseTime.Add(LicenseTime.Later(ends, expired), Grace),
    };

    /// <summary>When the clock changes the state next, judged from the facts and <see cref="RecordedState"/>; null = never.</summary>
    public DateTimeOffset? NextDueAt => RecordedState switch
    {
        LicenseState.Active => EndsAt,
        LicenseState.Frozen => GraceEndsAt,
        _ => null,
    };

    /// <summary>The state at an instant. What was settled stays when the clock goes back; a release is a fact by itself.</summary>
    public LicenseState StateAt(DateTimeOffset now)
    {
        var state = StateByFacts(now);
        return state == LicenseState.Active && RecordedState == LicenseState.Frozen ? LicenseState.Frozen : state;
    }

    /// <summary>The state at an instant by the facts alone, whatever is recorded.</summary>
    public LicenseState StateByFacts(DateTimeOffset now) => StateBy(now);

    /// <summary>The state that calls alone have brought about, whatever the clock has decided meanwhile.</summary>
    public LicenseState StateWithoutClock => StateBy(null);

    /// <summary>The table of states: the first line that matches. Null: no instant has come.</summary>
    private LicenseState StateBy(DateTimeOffset? instant) => this switch
    {
        { Revocation: not null } => LicenseState.Revoked,
        { Release: not null } => LicenseState.Released,
        _ when GraceEndsAt <= instant => LicenseState.Released,
        { HoldMarketplace: not null } or { HoldAdmin: not null } or { ExpiredByMarketplaceAt: not null } => LicenseState.Frozen,
        _ when EndsAt <= instant => LicenseState.Frozen,
        _ => LicenseState.Active,
    };
}

/// <summary>Who bought a license.</summary>
/// <param name="Id">Our own random id, <c>cus_</c> + ULID: it stands in codes, so that a code does not tell the marketplace's id.</param>
/// <param name="MarketplaceCustomerId">The marketplace's id, unique within the account.</param>
/// <param name="Name">The account name that the marketplace sent with the order, or null.</param>
internal sealed record Customer(string Id, string MarketplaceCustomerId, string? Name);

/// <summary>A freeze that somebody ordered, as opposed to one by expiry: only who ordered it lifts it, a renewal does not.</summary>
/// <param name="Since">Since when, whole seconds.</param>
/// <param name="Reason">Why, 1 to 1,000 characters.</param>
internal sealed record Hold(DateTimeOffset Since, string Reason);

/// <summary>The end of a license: its data may be deleted.</summary>
/// <param name="At">When. The clock's release happens at <see cref="License.GraceEndsAt"/>, whenever it is recorded.</param>
/// <param name="By">Who released it: it decides whether a paid renewal restores the license.</param>
internal sealed record Release(DateTimeOffset At, ReleasedBy By);

/// <summary>Who released a license.</summary>
internal enum ReleasedBy
{
    /// <summary>The grace ended. A paid renewal restores the license: money wins over a timer.</summary>
    Clock = 0,

    /// <summary>The marketplace said so (refund, or the end of its retention). Final.</summary>
    Marketplace = 1,

    /// <summary>An operator said so. Final.</summary>
    Admin = 2,
}

/// <summary>An operator withdrew the license, for ever.</summary>
/// <param name="At">When.</param>
/// <param name="Reason">Why.</param>
internal sealed record Revocation(DateTimeOffset At, string Reason);
