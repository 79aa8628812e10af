namespace LicenseAuthority.Licensing.PendingOrders;

/// <summary>
/// Where orders have their instance ids. That an order is served is stored with its license (<see cref="LicenseCommit.ServesPendingOrder"/>). Every method throws
/// <see cref="StoreBusyException"/> when the store cannot answer in time.
/// </summary>
internal interface IPendingOrderStore
{
    /// <summary>The order with its id, pending or not; null = none was allotted.</summary>
    ValueTask<PendingOrder?> FindAsync(PendingOrderKey key, CancellationToken cancellationToken);

    /// <summary>The order that has this instance id, pending or not; null = none has.</summary>
    ValueTask<PendingOrder?> FindAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Those of these instance ids that orders of the account have.</summary>
    ValueTask<IReadOnlyList<PendingOrder>> FindAllAsync(string account, IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken);

    /// <summary>Orders that are pending, the newest first, from before the one with this instance id on; null = from the newest.</summary>
    ValueTask<IReadOnlyList<PendingOrder>> ListAsync(string? beforeInstanceId, int limit, CancellationToken cancellationToken);

    /// <summary>Whether an order that was paid for waits for longer than usual, and was not told as unserved.</summary>
    ValueTask<bool> HasSlowAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Allots the id to the order, unless it has one; returns what it has. The same for all who ask at once.</summary>
    Task<PendingOrder> AllotAsync(PendingOrder order, CancellationToken cancellationToken);

    /// <summary>Begins a new round of a test order that was ended without a license; returns it as it is then.</summary>
    Task<PendingOrder> ReopenAsync(PendingOrder order, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Takes some of the orders that are due, the attempt counted, until an instant: nobody else takes them before. A process that was killed is waited for so
    /// long. One that was put off or given up by a clock that was ahead and has been set back is due, as if that had not been.
    /// </summary>
    /// <param name="most">So many at most.</param>
    /// <param name="except">None of these accounts.</param>
    /// <param name="now">The time.</param>
    /// <param name="clockIsSettled">While the clock is in doubt, what another one has told stays: this one may be the wrong one.</param>
    /// <param name="until">Till when they are taken.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<PendingOrder>> ClaimDueAsync(
        int most, IReadOnlyCollection<string> except, DateTimeOffset now, bool clockIsSettled, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>
    /// Stores what came of an attempt on an order that is pending, with the nonce of the call. Of one that was claimed only while the claim is still the same one,
    /// and the claim ends. False = the nonce was used up before, and nothing was stored.
    /// </summary>
    Task<bool> FailedAsync(PendingOrder order, AnsweredNonce? nonce, CancellationToken cancellationToken);

    /// <summary>Gives a claim back, nothing having come of it.</summary>
    Task ReleaseClaimAsync(PendingOrder order, CancellationToken cancellationToken);

    /// <summary>
    /// Ends an order that is pending without a license, and closes what was open of it as unserved; false when it is not pending any more, or the nonce was
    /// used up before, and then nothing was stored.
    /// </summary>
    Task<bool> EndAsync(
        PendingOrder order, PendingOrderEnd end, string actor, DateTimeOffset now, AnsweredNonce? nonce, CancellationToken cancellationToken);
}
