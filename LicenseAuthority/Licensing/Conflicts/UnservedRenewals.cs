namespace LicenseAuthority.Licensing.Conflicts;

/// <summary>
/// Keeps a renewal that was paid for and refused for a reason that is not the license's, where the marketplace calls but once: an entry for the operator, who can
/// have it applied. Thread-safe.
/// </summary>
internal sealed class UnservedRenewals(LicenseService licenses, ILicenseStore store, Identifiers identifiers, TimeProvider time)
{
    /// <summary>Keeps one, unless it was served or kept before. It may be asked again and again for the same.</summary>
    /// <exception cref="StoreBusyException">Nothing was stored; try again.</exception>
    public async Task KeepAsync(UnservedRenewal renewal, CancellationToken cancellationToken)
    {
        if (renewal.Target.LicenseId.Length > 0 && await licenses.KeepUnservedAsync(renewal, cancellationToken))
        {
            return;
        }

        await store.KeepUnservedAsync(
            new OpenConflict(
                identifiers.NewConflictId(), LicenseId: null, ConflictKind.Unserved, LicenseTime.CutToMillisecond(time.GetUtcNow()), renewal.Source,
                renewal.Reason, renewal.Proposal)
            {
                Order = new OrderFacts(
                    new OrderKey(
                        renewal.Target.Account!, Test: false, renewal.Source.OrderId!, renewal.Source.OrderLineId ?? "", renewal.Order.MarketplaceProductId ?? ""),
                    MarketplaceCustomerId: null,
                    CustomerName: null),
                InstanceId = renewal.Target.LicenseId is { Length: > 0 } instanceId ? instanceId : null,
            },
            cancellationToken);
    }
}

/// <summary>A renewal that was paid for and refused, as far as it could be read.</summary>
/// <param name="Target">The license; an empty id where it could not be read.</param>
/// <param name="Source">The call; it has an order.</param>
/// <param name="Policy">How this marketplace means its calls.</param>
/// <param name="Order">The order in the marketplace's words.</param>
/// <param name="Key">What makes it the same renewal again; null where its expiry could not be read.</param>
/// <param name="ExpiresAt">The expiry that it asked for, or null.</param>
/// <param name="Reason">What was answered, and why.</param>
internal sealed record UnservedRenewal(
    LicenseTarget Target, CallSource Source, CallPolicy Policy, TermOrder Order, CallKey? Key, DateTimeOffset? ExpiresAt, string Reason)
{
    /// <summary>What applying it would do.</summary>
    public ConflictProposal Proposal => new(Expire: false, ExpiresAt, Quantity: null);
}
