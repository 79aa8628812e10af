using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Licensing;

/// <summary>
/// Where licenses live. Reads see every change that was answered as stored; each read is one consistent look, two reads are not.
/// Every method throws <see cref="StoreBusyException"/> when the store cannot answer in time: nothing is lost, the call may be repeated.
/// </summary>
internal interface ILicenseStore
{
    /// <summary>The order with its license and newest code, or null when no such order was served.</summary>
    ValueTask<ServedOrder?> FindOrderAsync(OrderKey key, CancellationToken cancellationToken);

    /// <summary>The order as <see cref="FindOrderAsync"/> has it, and our id of the customer, in one look.</summary>
    ValueTask<OrderBefore> LookUpOrderAsync(OrderKey key, string marketplaceCustomerId, CancellationToken cancellationToken);

    /// <summary>The license as it is shown, and what its current round answered to a call with one of these keys; or null.</summary>
    ValueTask<FoundLicense?> FindLicenseAsync(string licenseId, IReadOnlyList<CallKey> keys, CancellationToken cancellationToken);

    /// <summary>A conflict, open or resolved, or null.</summary>
    ValueTask<ConflictRecord?> FindConflictAsync(string conflictId, CancellationToken cancellationToken);

    /// <summary>Whether an order is pending under this instance id.</summary>
    ValueTask<bool> IsPendingAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>The license that an account's marketplace code leads to; null = it has none.</summary>
    ValueTask<string?> FindLicenseIdAsync(string account, MarketplaceCode code, CancellationToken cancellationToken);

    /// <summary>The calls that wait for the license of a marketplace code, in their order.</summary>
    ValueTask<IReadOnlyList<KeptCall>> ListKeptCallsAsync(string account, bool test, MarketplaceCode code, CancellationToken cancellationToken);

    /// <summary>
    /// The entry of an order that was unserved when the same call came: the same order, line, expiry (or none that could be read) and quantity, on the license or on
    /// its instance id. One that was applied before an open one before others; null = there is none.
    /// </summary>
    ValueTask<UnservedEntry?> FindUnservedAsync(string licenseId, CallSource source, ConflictProposal proposal, CancellationToken cancellationToken);

    /// <summary>The call that ends the license's term and is kept as a conflict: an open one before a decided one, then the newest; null = there is none.</summary>
    ValueTask<LateEnd?> FindLateEndAsync(string licenseId, CancellationToken cancellationToken);

    /// <summary>How many devices have a place of the license at an instant.</summary>
    ValueTask<int> CountPlacesAsync(string licenseId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a commit as a whole or not at all; once this returns <see cref="StoreOutcome.Stored"/>, it is durable and <see cref="CommitListeners"/> know.
    /// <see cref="StoreOutcome.ConcurrencyConflict"/>: what the decision rested on is no longer so, nothing was stored; read and decide again.
    /// </summary>
    Task<StoreOutcome> StoreAsync(LicenseCommit commit, CancellationToken cancellationToken);

    /// <summary>
    /// Stores an order without a license as a conflict, unless the order was served or has an open one; a <see cref="LicenseCommit"/> of the order closes it.
    /// </summary>
    Task<UnservedOutcome> KeepUnservedAsync(OpenConflict entry, CancellationToken cancellationToken);

    /// <summary>Closes a conflict without a license; a concurrency conflict when it is no longer open.</summary>
    Task<StoreOutcome> ResolveAsync(ConflictResolution resolution, CancellationToken cancellationToken);
}

/// <summary>An order that was refused though it was paid for, and what became of it.</summary>
/// <param name="ConflictId">Its entry.</param>
/// <param name="Status">Whether an operator has decided it.</param>
internal sealed record UnservedEntry(string ConflictId, ConflictStatus Status);

/// <summary>What is known when an order comes.</summary>
/// <param name="Served">The order with its license and newest code, or null when no such order was served.</param>
/// <param name="CustomerId">Our id of the customer, or null when this would be the first license.</param>
internal sealed record OrderBefore(ServedOrder? Served, string? CustomerId);

/// <summary>A license that was looked for.</summary>
/// <param name="Record">The license with its newest code and its orders.</param>
/// <param name="Answer">What it answered to the same call before, or null.</param>
internal sealed record FoundLicense(LicenseRecord Record, CommandOutcome? Answer);
