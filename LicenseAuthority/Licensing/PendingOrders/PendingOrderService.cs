using System.Collections.Concurrent;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Licensing.PendingOrders;

/// <summary>
/// Serves orders that the marketplace only names: each gets its instance id at once, durably, and its license as soon as it is known what was bought. Who calls
/// waits for one short look-up; the rest is made up for in the background. One order has one id and one license, however often, at once, and on however many
/// nodes it is asked for. Thread-safe.
/// </summary>
internal sealed partial class PendingOrderService(
    IPendingOrderStore store,
    ILicenseStore licenseStore,
    LicenseService licenses,
    IOrderSource source,
    MissingCredentials missingCredentials,
    Identifiers identifiers,
    TimeProvider time,
    ISettledClock clock,
    ILogger<PendingOrderService> logger)
{
    /// <summary>How long a call waits for the look-up: the marketplace gives up on it after 5 seconds.</summary>
    public static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(1.5);

    /// <summary>How long a look-up in the background may take.</summary>
    public static readonly TimeSpan LongestLookUp = TimeSpan.FromSeconds(15);

    // How much longer than a look-up a claim lasts: to store what came of it, and for clocks that differ between nodes.
    private static readonly TimeSpan ClaimMargin = TimeSpan.FromSeconds(30);

    // How many look-ups of each account go on in the background.
    private readonly ConcurrentDictionary<string, int> _underWay = new(StringComparer.Ordinal);

    /// <summary>Answers a call for an order with its instance id, and serves the order if it can be looked up now.</summary>
    /// <param name="key">The order.</param>
    /// <param name="activity">The call, in the caller's words.</param>
    /// <param name="nonce">What an effect of the call uses up; null = the call has none.</param>
    /// <param name="cancellationToken">Gives up; what was stored stays.</param>
    /// <exception cref="StoreBusyException">It was not served; repeat the call.</exception>
    /// <exception cref="SigningException">It was not served; repeat the call.</exception>
    public async Task<OpenedOrder> OpenAsync(PendingOrderKey key, string activity, OrderNonce? nonce, CancellationToken cancellationToken)
    {
        var known = await store.FindAsync(key, cancellationToken);
        if (known?.End == PendingOrderEnd.Served)
        {
            return await AnswerServedAsync(known, nonce, cancellationToken);
        }

        // A real one stays ended; debug cases are replayed, and must come to a license when the marketplace answers again.
        if (known is { End: not null, Key.Test: false })
        {
            return new OpenedOrder(OpenedOrderStatus.Ended, known.InstanceId);
        }

        if (source.FindRemedy(key.Account) is { } remedy)
        {
            missingCredentials.Tell(key.Account, remedy);
            return new OpenedOrder(OpenedOrderStatus.NoCredentials, known?.InstanceId);
        }

        var now = Now();
        var order = known switch
        {
            { End: not null } => await store.ReopenAsync(known, now, cancellationToken),
            null => await AllotAsync(key, activity, now, cancellationToken),
            _ => known,
        };
        return order.End is { } end
            ? EndedAs(end, order.InstanceId)
            : await TryAsync(OutsideOfClaims(order), order.Source, nonce, LongestCall, cancellationToken);
    }

    /// <summary>Tries to serve an order once more, since an operator says so. One that was refused before it had an instance id gets it now.</summary>
    /// <param name="key">The order.</param>
    /// <param name="activity">The call that asked for it, in the caller's words.</param>
    /// <param name="operatorsCall">The operator's call.</param>
    /// <param name="decision">What the operator has decided: kept with the license and with the entry that it closes.</param>
    /// <param name="cancellationToken">Gives up; what was stored stays.</param>
    /// <exception cref="StoreBusyException">It was not served.</exception>
    /// <exception cref="SigningException">It was not served.</exception>
    public async Task<OpenedOrder> TryAgainAsync(
        PendingOrderKey key, string activity, CallSource operatorsCall, ResolveConflict decision, CancellationToken cancellationToken)
    {
        var known = await store.FindAsync(key, cancellationToken);
        if (known?.End is null && source.FindRemedy(key.Account) is { } remedy)
        {
            return new OpenedOrder(OpenedOrderStatus.NoCredentials, known?.InstanceId) { Reason = remedy };
        }

        var order = known ?? await AllotAsync(key, activity, Now(), cancellationToken);
        return order.End is { } end
            ? EndedAs(end, order.InstanceId)
            : await TryAsync(OutsideOfClaims(order), operatorsCall, nonce: null, LongestLookUp, cancellationToken, decision);
    }

    /// <summary>The instance id that an order has; null = none was allotted, or the store does not say. Never throws for what the store does.</summary>
    public async ValueTask<string?> FindInstanceIdAsync(PendingOrderKey key)
    {
        try
        {
            return (await store.FindAsync(key, CancellationToken.None))?.InstanceId;
        }
        catch (Exception exception) when (exception is IStoreFault or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>The order that an instance id was allotted to, as far as the caller may know of it: pending, ended, or served by now. Null = there is none.</summary>
    public async ValueTask<PendingOrder?> FindAsync(LicenseTarget target, CancellationToken cancellationToken) =>
        await store.FindAsync(target.LicenseId, cancellationToken) is { } order
        && (target.Account is null || target.Account == order.Key.Account)
        && (!target.SaysTest || order.Key.Test)
            ? order
            : null;

    /// <summary>The orders of an account that were allotted one of these instance ids: pending, ended, or served by now.</summary>
    public async ValueTask<IReadOnlyList<PendingOrder>> ListAsync(
        string account, IReadOnlyCollection<string> instanceIds, bool testOnly, CancellationToken cancellationToken)
    {
        var orders = await store.FindAllAsync(account, instanceIds, cancellationToken);
        return testOnly ? [.. orders.Where(static order => order.Key.Test)] : orders;
    }

    /// <summary>The marketplace releases an instance that has no license: it gets none any more. False = it is not pending any more, and nothing was stored.</summary>
    /// <param name="order">The order, as the caller found it.</param>
    /// <param name="nonce">What the call uses up, with its answer; or null.</param>
    /// <param name="cancellationToken">Withdraws it before it is stored.</param>
    public Task<bool> ReleaseAsync(PendingOrder order, AnsweredNonce? nonce, CancellationToken cancellationToken) =>
        store.EndAsync(order, PendingOrderEnd.Released, CallSource.Marketplace, Now(), nonce, cancellationToken);

    /// <summary>
    /// Begins to look up orders that are due; the tasks end when they are looked up, and never fail. Each order is tried by one process at a time, and goes on
    /// elsewhere when this one dies.
    /// </summary>
    /// <param name="most">So many of an account at most, with those of it that are under way; from 1. Ask again for more, until there is none.</param>
    /// <param name="cancellationToken">Ends the look-ups too; what was taken is given back.</param>
    public async Task<IReadOnlyList<Task>> BeginDueAsync(int most, CancellationToken cancellationToken)
    {
        // So few that no account comes to have more, whichever the orders are of.
        string[] full = [.. _underWay.Where(account => account.Value >= most).Select(static account => account.Key)];
        var room = most - _underWay.Where(account => account.Value < most).Select(static account => account.Value).DefaultIfEmpty().Max();
        var now = Now();
        var due = await store.ClaimDueAsync(room, full, now, clock.IsSettled, now + LongestLookUp + ClaimMargin, cancellationToken);
        return [.. due.Select(order => BeginClaimed(order, cancellationToken))];
    }

    private Task BeginClaimed(PendingOrder order, CancellationToken cancellationToken)
    {
        _underWay.AddOrUpdate(order.Key.Account, 1, static (_, count) => count + 1);
        return Task.Run(
            async () =>
            {
                await TryClaimedAsync(order, cancellationToken);
                _underWay.AddOrUpdate(order.Key.Account, 0, static (_, count) => count - 1);
            },
            CancellationToken.None);
    }

    // Never throws: one that fails must not hold up the others.
    private async Task TryClaimedAsync(PendingOrder order, CancellationToken cancellationToken)
    {
        try
        {
            await TryAsync(order, order.Source, nonce: null, LongestLookUp, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await ReleaseClaimAsync(order);
        }
        catch (Exception exception)
        {
            // The claim ends by itself, and it is tried again.
            if (!StoreFaults.IsReported(exception))
            {
                LogFailed(exception, order.InstanceId, order.Key.OrderId, exception.Message);
            }
        }
    }

    private async Task ReleaseClaimAsync(PendingOrder order)
    {
        try
        {
            await store.ReleaseClaimAsync(order, CancellationToken.None);
        }
        catch (Exception exception) when (exception is StoreBusyException or ObjectDisposedException)
        {
            // The claim ends by itself.
        }
    }

    private async Task<OpenedOrder> TryAsync(
        PendingOrder order, CallSource call, OrderNonce? nonce, TimeSpan limit, CancellationToken cancellationToken, ResolveConflict? decision = null)
    {
        switch (await source.FindAsync(order, limit, cancellationToken))
        {
            case OrderLookUp.Found { Content: var content }:
                return await ServeAsync(order, content, call, nonce, decision, cancellationToken);
            case OrderLookUp.Unsubscribed:
                var ended = new OpenedOrder(OpenedOrderStatus.Ended, order.InstanceId);
                if (!await store.EndAsync(order, PendingOrderEnd.Unsubscribed, CallSource.Marketplace, Now(), nonce?.Answered(ended), cancellationToken))
                {
                    return await AnswerAsItIsAsync(order, cancellationToken);
                }

                LogUnsubscribed(order.InstanceId, order.Key.Account, order.Key.OrderId);
                return ended;
            case OrderLookUp.Missing missing:
                return await KeepPendingAsync(order, missing.Reason, nonce, cancellationToken);
            case OrderLookUp.NoAnswer noAnswer:
                return await KeepPendingAsync(order, noAnswer.Reason, nonce, cancellationToken);
            default:
                throw new InvalidOperationException("An unknown kind of look-up.");
        }
    }

    private async Task<OpenedOrder> ServeAsync(
        PendingOrder order, OrderContent content, CallSource call, OrderNonce? nonce, ResolveConflict? decision, CancellationToken cancellationToken)
    {
        if (content.Remark is { } remark)
        {
            LogRemark(order.Key.Account, order.Key.OrderId, remark);
        }

        var served = new OpenedOrder(OpenedOrderStatus.Served, order.InstanceId);
        var command = Command(order.Key.For(content.MarketplaceProductId), content, call, nonce, served) with
        {
            LicenseId = order.InstanceId,
            Remark = decision is null ? content.Remark : content.Remark is null ? decision.Remark : $"{decision.Remark}; {content.Remark}",
            OperatorsReason = decision?.Reason,
        };
        var result = await licenses.IssueAsync(command, cancellationToken);
        switch (result.Outcome)
        {
            case CommandOutcome.Applied:
                return served with { InstanceId = result.Record!.License.Id };
            case CommandOutcome.UnknownProduct:
                return await KeepUnsoldAsync(order, content, nonce, cancellationToken);
            default:
                return await AnswerAsItIsAsync(order, cancellationToken);
        }
    }

    // Somebody was first: it is served, or was ended; or the same call was answered elsewhere, and it is pending still.
    private async Task<OpenedOrder> AnswerAsItIsAsync(PendingOrder order, CancellationToken cancellationToken) =>
        await store.FindAsync(order.InstanceId, cancellationToken) is { End: { } end }
            ? EndedAs(end, order.InstanceId)
            : throw new StoreBusyException("The same call is being answered by another process; repeat it.");

    private static OpenedOrder EndedAs(PendingOrderEnd end, string instanceId) =>
        new(end == PendingOrderEnd.Served ? OpenedOrderStatus.Served : OpenedOrderStatus.Ended, instanceId);

    private Task<PendingOrder> AllotAsync(PendingOrderKey key, string activity, DateTimeOffset now, CancellationToken cancellationToken) => store.AllotAsync(
        new PendingOrder(identifiers.NewLicenseId(), key, activity, now) { NextAttemptAt = now + PendingOrderRules.FirstWait }, cancellationToken);

    private async Task<OpenedOrder> KeepPendingAsync(
        PendingOrder order, string reason, OrderNonce? nonce, CancellationToken cancellationToken)
    {
        var asked = Asked(order, reason);
        var step = PendingOrderRules.AfterFailure(asked, isNotSold: false, Now(), clock.IsSettled);
        if (step.Warns)
        {
            LogSlow(asked);
        }

        if (step.BecomesUnserved)
        {
            await KeepUnservedAsync(asked, $"what was bought could not be looked up for {PendingOrderRules.UnservedAfter.TotalHours} hours: {reason}", null, cancellationToken);
        }

        // A call that comes in between does not put off what is to be done in the background.
        var next = order.ClaimedUntil is null && order.NextAttemptAt < step.NextAttemptAt ? order.NextAttemptAt : step.NextAttemptAt;
        return await FailedAsync(
            After(asked, step) with { NextAttemptAt = next }, new OpenedOrder(OpenedOrderStatus.Pending, order.InstanceId) { Reason = reason }, nonce, cancellationToken);
    }

    private async Task<OpenedOrder> KeepUnsoldAsync(PendingOrder order, OrderContent content, OrderNonce? nonce, CancellationToken cancellationToken)
    {
        var reason = $"its product {content.MarketplaceProductId} is not configured for sale here";
        var asked = Asked(order, reason);
        var step = PendingOrderRules.AfterFailure(asked, isNotSold: true, Now(), clock.IsSettled);

        // In the background it is told once. A call that is refused opens anew what an operator has dismissed, as every refused order does.
        if (step.BecomesUnserved || order.ClaimedUntil is null)
        {
            await KeepUnservedAsync(asked, reason, content, cancellationToken);
        }

        return await FailedAsync(
            After(asked, step), new OpenedOrder(OpenedOrderStatus.NotSold, order.InstanceId) { MarketplaceProductId = content.MarketplaceProductId }, nonce,
            cancellationToken);
    }

    private async Task<OpenedOrder> FailedAsync(PendingOrder order, OpenedOrder opened, OrderNonce? nonce, CancellationToken cancellationToken) =>
        await store.FailedAsync(order, nonce?.Answered(opened), cancellationToken)
            ? opened
            : throw new StoreBusyException("The same call is being answered by another process; repeat it.");

    private async Task KeepUnservedAsync(PendingOrder order, string reason, OrderContent? content, CancellationToken cancellationToken)
    {
        var entry = new OpenConflict(
            identifiers.NewConflictId(), LicenseId: null, ConflictKind.Unserved, Now(), order.Source, reason,
            new ConflictProposal(Expire: false, content?.ExpiresAt, content?.Quantity))
        {
            Order = new OrderFacts(order.Key.For(content?.MarketplaceProductId ?? ""), content?.MarketplaceCustomerId, content?.CustomerName),
            InstanceId = order.InstanceId,
        };
        var outcome = await licenseStore.KeepUnservedAsync(entry, cancellationToken);
        if (outcome == UnservedOutcome.Kept || (outcome == UnservedOutcome.KeptBefore && order.UnservedAt is null))
        {
            LogUnserved(order, reason, isNotSold: content is not null);
        }
    }

    // The order has its license. Of a test that is over a new round begins, with what was bought, or, if nobody can say that now, with what was bought the last time.
    private async Task<OpenedOrder> AnswerServedAsync(PendingOrder order, OrderNonce? nonce, CancellationToken cancellationToken)
    {
        var served = new OpenedOrder(OpenedOrderStatus.Served, order.InstanceId);
        if (!order.Key.Test || await FindPurchaseOfFinishedAsync(order, cancellationToken) is not { } purchase)
        {
            return served;
        }

        var again = source.FindRemedy(order.Key.Account) is null && await source.FindAsync(order, LongestCall, cancellationToken) is OrderLookUp.Found found
            ? found.Content
            : new OrderContent(
                purchase.Order.Key.MarketplaceProductId, purchase.License.Customer.MarketplaceCustomerId, purchase.License.Customer.Name,
                order.Quantity ?? purchase.Order.Quantity, order.ExpiresAt, order.Trial);
        await licenses.IssueAsync(Command(purchase.Order.Key, again, order.Source, nonce, served), cancellationToken);
        return served;
    }

    // Null: the license is not over, or its marketplace replays nothing.
    private async ValueTask<ServedOrder?> FindPurchaseOfFinishedAsync(PendingOrder order, CancellationToken cancellationToken)
    {
        if (!source.Policy.ReplaysTestCases
            || await licenseStore.FindLicenseAsync(order.InstanceId, [], cancellationToken) is not { Record: var record }
            || record.License.StateAt(Now()) is not (LicenseState.Released or LicenseState.Revoked))
        {
            return null;
        }

        // The order of the purchase knows its product; what the marketplace says of it now may be another one.
        var product = record.Orders.FirstOrDefault(bought =>
            bought.Scene is null && bought.OrderId == order.Key.OrderId && bought.OrderLineId == order.Key.OrderLineId)?.MarketplaceProductId;
        return product is null ? null : await licenseStore.FindOrderAsync(order.Key.For(product), cancellationToken);
    }

    private IssueLicense Command(OrderKey order, OrderContent content, CallSource call, OrderNonce? nonce, OpenedOrder served) =>
        new(order, content.MarketplaceCustomerId, content.CustomerName, content.Quantity, content.ExpiresAt, call, source.Policy)
        {
            Trial = content.Trial,
            Remark = content.Remark,
            Nonce = nonce is null ? null : new UsedNonce(nonce.Nonce, _ => nonce.AnswerTo(served)),
        };

    // A claim that was read with the order is that of another attempt, which goes on.
    private static PendingOrder OutsideOfClaims(PendingOrder order) => order with { ClaimedUntil = null };

    // A claim has counted the attempt already.
    private static PendingOrder Asked(PendingOrder order, string reason) => order with
    {
        Attempts = order.ClaimedUntil is null ? order.Attempts + 1 : order.Attempts,
        LastError = reason,
    };

    private PendingOrder After(PendingOrder asked, PendingOrderStep step) => asked with
    {
        NextAttemptAt = step.NextAttemptAt,
        WarnedAt = step.Warns ? Now() : asked.WarnedAt,
        UnservedAt = step.BecomesUnserved ? Now() : asked.UnservedAt,
    };

    private DateTimeOffset Now() => LicenseTime.CutToMillisecond(time.GetUtcNow());

    private void LogSlow(PendingOrder order)
    {
        if (order.Key.Test)
        {
            LogTestSlow(order.Key.Account, order.Key.OrderId, order.InstanceId, order.LastError);
        }
        else
        {
            LogSlow(order.Key.Account, order.Key.OrderId, order.InstanceId, order.LastError);
        }
    }

    private void LogUnserved(PendingOrder order, string reason, bool isNotSold)
    {
        if (order.Key.Test)
        {
            LogTestUnserved(order.Key.Account, order.Key.OrderId, order.InstanceId, reason);
        }
        else
        {
            LogUnserved(
                order.Key.Account, order.Key.OrderId, order.InstanceId, reason,
                isNotSold
                    ? "Add the id to the MarketplaceProductIds of a product of the account and start again"
                    : "Find out why the marketplace's open API does not say it; by now the marketplace may have paid the customer back");
        }
    }

    [LoggerMessage(LogLevel.Warning, "Account {Account}, order {OrderId}: what was bought has been unknown for half an hour, the customer waits for license {InstanceId}: {Reason}. It goes on being asked for; /admin/v1/marketplace/pending has all of them.")]
    private partial void LogSlow(string account, string orderId, string instanceId, string? reason);

    [LoggerMessage(LogLevel.Information, "Account {Account}, test order {OrderId}: what was bought has been unknown for half an hour, instance {InstanceId}: {Reason}.")]
    private partial void LogTestSlow(string account, string orderId, string instanceId, string? reason);

    [LoggerMessage(LogLevel.Error, "ALARM: an order that was paid for is not served: account {Account}, order {OrderId}, instance {InstanceId}: {Reason}. {Remedy}: it is served by itself within an hour then, or at once when its entry at /admin/v1/conflicts?kind=unserved is applied.")]
    private partial void LogUnserved(string account, string orderId, string instanceId, string reason, string remedy);

    [LoggerMessage(LogLevel.Information, "A test order is not served: account {Account}, order {OrderId}, instance {InstanceId}: {Reason}.")]
    private partial void LogTestUnserved(string account, string orderId, string instanceId, string reason);

    [LoggerMessage(LogLevel.Warning, "Account {Account}, order {OrderId}: {Remark}. Compare the license with the order, and change it if need be.")]
    private partial void LogRemark(string account, string orderId, string remark);

    [LoggerMessage(LogLevel.Information, "Instance {InstanceId} gets no license: account {Account}, the order {OrderId} was taken back before it was served.")]
    private partial void LogUnsubscribed(string instanceId, string account, string orderId);

    [LoggerMessage(LogLevel.Error, "The pending order {OrderId} of instance {InstanceId} could not be served: {Reason}. It is tried again.")]
    private partial void LogFailed(Exception exception, string instanceId, string orderId, string reason);
}

/// <summary>What became of a call for an order.</summary>
/// <param name="Status">How it stands.</param>
/// <param name="InstanceId">The instance id that the order has; null = none was allotted.</param>
internal sealed record OpenedOrder(OpenedOrderStatus Status, string? InstanceId)
{
    /// <summary>Why it is pending, for people, or what has to be set before it can be tried again; else null.</summary>
    public string? Reason { get; init; }

    /// <summary>The product that is not sold here; else null.</summary>
    public string? MarketplaceProductId { get; init; }
}

/// <summary>A nonce that is used up by a call for an order if that has an effect, in the transaction of the effect.</summary>
/// <param name="Nonce">The nonce.</param>
/// <param name="AnswerTo">What will be answered, by what becomes of the call.</param>
internal sealed record OrderNonce(CallNonce Nonce, Func<OpenedOrder, string> AnswerTo)
{
    /// <summary>What is stored once it is known what becomes of the call.</summary>
    public AnsweredNonce Answered(OpenedOrder opened) => new(Nonce, AnswerTo(opened));
}

/// <summary>How an order stands after a call for it.</summary>
internal enum OpenedOrderStatus
{
    /// <summary>It has its license.</summary>
    Served = 0,

    /// <summary>It was taken back or released before it had a license, and gets none.</summary>
    Ended = 1,

    /// <summary>What was bought is not known yet.</summary>
    Pending = 2,

    /// <summary>What was bought is known and not sold here; kept as unserved.</summary>
    NotSold = 3,

    /// <summary>The account has nothing to look orders up with. Nothing was stored.</summary>
    NoCredentials = 4,
}
