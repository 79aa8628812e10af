using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Licensing.PendingOrders;

/// <summary>
/// Has an operator's decision on a conflict done, whether it is about a license or about an order that has none yet: such an order is tried once more, and
/// once it is served the conflict is closed. Thread-safe.
/// </summary>
internal sealed class ConflictResolver(LicenseService licenses, PendingOrderService pending, IOrderSource source, ILicenseStore store)
{
    /// <summary>As <see cref="LicenseService.ResolveAsync"/>.</summary>
    public async Task<CommandResult> ResolveAsync(ResolveConflict command, CancellationToken cancellationToken)
    {
        var result = await licenses.ResolveAsync(command, cancellationToken);
        if (result is not { Outcome: CommandOutcome.NotApplicable, Conflict: { Conflict: var conflict } record } || KeyOf(conflict) is not { } key)
        {
            return result;
        }

        var operatorsCall = conflict.Source with { Actor = command.Actor, Activity = "applyConflict" };
        var opened = await pending.TryAgainAsync(key, source.Activity, operatorsCall, command, cancellationToken);
        var current = await store.FindConflictAsync(conflict.Id, cancellationToken) ?? record;
        return opened switch
        {
            { Status: OpenedOrderStatus.Served } => new CommandResult(CommandOutcome.Applied) { Conflict = current },
            { Status: OpenedOrderStatus.Ended } => new CommandResult(CommandOutcome.Refused)
            {
                Reason = "The marketplace has taken the order back. There is nothing to serve any more.",
                Conflict = current,
            },
            { Status: OpenedOrderStatus.Pending } => NotApplicable($"It is still not known what was bought: {opened.Reason}. It goes on being asked for."),
            { Status: OpenedOrderStatus.NotSold } => NotApplicable(
                $"The product {opened.MarketplaceProductId} is still not configured for sale here. Configure it, and apply this once more."),
            { Status: OpenedOrderStatus.NoCredentials } => NotApplicable($"The order cannot be looked up. {opened.Reason} Then apply this once more."),
            _ => throw new InvalidOperationException($"No order is {opened.Status}."),
        };

        CommandResult NotApplicable(string reason) => new(CommandOutcome.NotApplicable) { Reason = reason, Conflict = current };
    }

    // Null: what was bought stood in the call itself, or which line was meant did not.
    private PendingOrderKey? KeyOf(OpenConflict conflict) =>
        conflict.Order is { Key: { OrderLineId.Length: > 0 } order } && (conflict.InstanceId is not null || conflict.Source.Activity == source.Activity)
            ? new PendingOrderKey(order.Account, order.Test, order.OrderId, order.OrderLineId)
            : null;
}
