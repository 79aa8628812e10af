using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Licensing;

/// <summary>Something that somebody asks of a license that exists, said as it is meant. A closed list; issuing is apart, see <see cref="IssueLicense"/>.</summary>
/// <param name="Source">Who asks, kept with the event.</param>
internal abstract record LicenseCommand(CallSource Source)
{
    /// <summary>What makes it the same call again.</summary>
    public IReadOnlyList<CallKey> Keys { get; init; } = [];

    /// <summary>What the effect of the command uses up, or null. Stored with it, and with what is answered.</summary>
    public UsedNonce? Nonce { get; init; }

    /// <summary>What an operator can still have if the command is kept and not applied; null for one that is never kept.</summary>
    public virtual ConflictProposal? ToProposal() => null;

    /// <summary>A marketplace asks.</summary>
    /// <param name="Source">Who asks.</param>
    /// <param name="Policy">How this marketplace means its calls.</param>
    internal abstract record OfMarketplace(CallSource Source, CallPolicy Policy) : LicenseCommand(Source);

    /// <summary>Sets a new end of the term.</summary>
    /// <param name="Source">Who asks.</param>
    /// <param name="Policy">How this marketplace means its calls.</param>
    /// <param name="Purpose">What for.</param>
    /// <param name="ExpiresAt">The new expiry, whole seconds; required, also for a perpetual license.</param>
    internal sealed record SetTerm(CallSource Source, CallPolicy Policy, TermPurpose Purpose, DateTimeOffset ExpiresAt) : OfMarketplace(Source, Policy)
    {
        /// <summary>The order behind it in the marketplace's words, kept so that operators find the license by it; null = there is none.</summary>
        public TermOrder? Order { get; init; }

        /// <inheritdoc/>
        public override ConflictProposal ToProposal() => new(Expire: false, ExpiresAt, Quantity: null) { Formalise = Purpose == TermPurpose.TrialToFormal };
    }

    /// <summary>The term is over, whatever the license's own date says.</summary>
    internal sealed record EndTerm(CallSource Source, CallPolicy Policy) : OfMarketplace(Source, Policy)
    {
        /// <summary>
        /// Whether an operator knows of such a call that came too early for the license's term, see <see cref="LateEnd.IsKnown"/>: then it opens no second conflict.
        /// </summary>
        public bool IsKnownToBeLate { get; init; }

        /// <inheritdoc/>
        public override ConflictProposal ToProposal() => new(Expire: true, ExpiresAt: null, Quantity: null);
    }

    /// <summary>A hold: not usable until it is lifted. Near the end of the term it may mean <see cref="EndTerm"/>, see <see cref="CallPolicy"/>.</summary>
    internal sealed record Suspend(CallSource Source, CallPolicy Policy, string Reason) : OfMarketplace(Source, Policy)
    {
        /// <inheritdoc/>
        public override ConflictProposal ToProposal() => new(Expire: true, ExpiresAt: null, Quantity: null);
    }

    /// <summary>Lifts the marketplace's hold.</summary>
    internal sealed record Resume(CallSource Source, CallPolicy Policy) : OfMarketplace(Source, Policy);

    /// <summary>Releases: the customer's data may be deleted.</summary>
    internal sealed record Terminate(CallSource Source, CallPolicy Policy) : OfMarketplace(Source, Policy);

    /// <summary>Sets another quantity. A larger one was paid for; a smaller one takes away what was paid for, which an operator decides.</summary>
    internal sealed record ChangeQuantity(CallSource Source, CallPolicy Policy, int Quantity) : OfMarketplace(Source, Policy)
    {
        /// <inheritdoc/>
        public override ConflictProposal ToProposal() => new(Expire: false, ExpiresAt: null, Quantity);
    }

    /// <summary>
    /// Sets the end of a term right that was an estimate, as a marketplace says it when it is asked. Nobody has paid for it or given it back. A license that is not
    /// Active stays as it is, and so does one whose end is not that estimate any more: it was renewed while the marketplace was asked.
    /// </summary>
    internal sealed record CorrectEnd(CallSource Source, DateTimeOffset? Estimate, DateTimeOffset ExpiresAt) : LicenseCommand(Source);

    /// <summary>An operator holds a license.</summary>
    internal sealed record OperatorSuspend(CallSource Source, string Reason) : LicenseCommand(Source);

    /// <summary>An operator lifts an operator's hold.</summary>
    internal sealed record OperatorResume(CallSource Source, string? Reason) : LicenseCommand(Source);

    /// <summary>An operator releases.</summary>
    internal sealed record OperatorTerminate(CallSource Source, string Reason) : LicenseCommand(Source);

    /// <summary>An operator withdraws a license for ever.</summary>
    internal sealed record Revoke(CallSource Source, string Reason) : LicenseCommand(Source);

    /// <summary>An operator changes what was bought. Null = as it is.</summary>
    internal sealed record Change(CallSource Source, DateTimeOffset? ExpiresAt, int? Quantity, Entitlements? Entitlements, string Reason)
        : LicenseCommand(Source);

    /// <summary>An operator has a new code made of the same facts, such as for one that a wrong clock signed.</summary>
    internal sealed record Reissue(CallSource Source, string Reason) : LicenseCommand(Source);

    /// <summary>An operator takes a license back that the clock has released too early.</summary>
    internal sealed record Restore(CallSource Source, string Reason) : LicenseCommand(Source);

    /// <summary>An operator has a call applied that was kept as a conflict.</summary>
    internal sealed record ApplyConflict(CallSource Source, ConflictKind Kind, ConflictProposal Proposal, string Remark) : LicenseCommand(Source);

    /// <summary>An operator leaves a call that was kept as a conflict as it is: not applied. Fits any state.</summary>
    internal sealed record DismissConflict(CallSource Source, string Remark) : LicenseCommand(Source);
}

/// <summary>What a new end of the term is for.</summary>
internal enum TermPurpose
{
    /// <summary>The marketplace does not say: the date itself has to tell, see <see cref="LicenseLifecycle"/>.</summary>
    Unstated = 0,

    /// <summary>A renewal; never shortens.</summary>
    Renewal = 1,

    /// <summary>A renewal with another period; never shortens.</summary>
    Change = 2,

    /// <summary>The refund of a renewal; may shorten.</summary>
    Refund = 3,

    /// <summary>A trial becomes formal.</summary>
    TrialToFormal = 4,
}

/// <summary>The order behind a new end of the term, in the marketplace's words.</summary>
/// <param name="Scene">What it was for.</param>
/// <param name="MarketplaceProductId">The product id that it names, or null. It never changes the license's product.</param>
internal sealed record TermOrder(string Scene, string? MarketplaceProductId);

/// <summary>How one marketplace means its calls. Its adapter gives it with each of them, so that no rule here is about any one marketplace.</summary>
internal sealed record CallPolicy
{
    /// <summary>
    /// Without a stated purpose an earlier date is a refund if the license had an expiry this near before (marketplaces round), and else a conflict.
    /// </summary>
    public required TimeSpan RefundTolerance { get; init; }

    /// <summary>
    /// An end of the term that comes more than this before the end of a license that was renewed is an old call that was restarted late: a conflict.
    /// </summary>
    public required TimeSpan StaleEndMargin { get; init; }

    /// <summary>A suspension this near to the end of the term means the end of the term.</summary>
    public required TimeSpan SuspensionIsEndMargin { get; init; }

    /// <summary>
    /// Whether the marketplace replays its debug cases: on a test license each of its calls succeeds in any state, and an order whose test license is over
    /// begins a new round of it.
    /// </summary>
    public required bool ReplaysTestCases { get; init; }
}

/// <summary>The license that a command is for, as far as the caller may know of it.</summary>
/// <param name="LicenseId">The license.</param>
/// <param name="Account">The account that calls; a license of another one does not exist for it. Null = an operator, who sees all.</param>
/// <param name="SaysTest">The call says that it is a debug case. Whether the license is a test is decided by the license found.</param>
internal sealed record LicenseTarget(string LicenseId, string? Account = null, bool SaysTest = false)
{
    /// <summary>Whether the license exists for the caller: not if it is another account's, and a debug case must never touch a real one.</summary>
    public bool MayKnow(License license) => (Account is null || Account == license.Account) && (!SaysTest || license.Test);
}
