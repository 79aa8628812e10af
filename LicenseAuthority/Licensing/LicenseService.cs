using System.Globalization;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Licensing;

/// <summary>
/// Everything that is asked of licenses, one way: read, decide, sign, store, and again after a concurrency conflict. What is answered as applied is durable, with
/// its events, in one transaction; one order has one license, however often and at once it is asked for; nothing unverifiable leaves.
/// docs/issuance.md has the same steps. Each method throws <see cref="StoreBusyException"/> or <see cref="SigningException"/> when nothing was stored.
/// </summary>
internal sealed partial class LicenseService(
    ILicenseStore store, ILicenseSigner signer, ProductCatalogs products, Identifiers identifiers, TimeProvider time, ILogger<LicenseService> logger)
{
    /// <summary>How often a decision that meets concurrency conflicts is made, the first time included.</summary>
    public const int MaximumTries = 5;

    // By license id and by order key. Not by customer: only its first orders race, and each of them at most once, while a queue would have every order of a
    // large customer wait for a COMMIT of its own.
    private readonly TurnQueue _turns = new(time);

    /// <summary>Answers an order with its license, issued now or before. Of the license's orders the answer need hold no other than this one.</summary>
    public async Task<CommandResult> IssueAsync(IssueLicense command, CancellationToken cancellationToken)
    {
        using var turn = await _turns.TakeAsync(command.Order, cancellationToken);
        return await UntilStoredAsync(async () =>
        {
            // Step 4: an order that was served before is answered with what it got.
            var found = await store.LookUpOrderAsync(command.Order, command.MarketplaceCustomerId, cancellationToken);
            return found.Served is { } served
                ? await AnswerKnownOrderAsync(served, command, cancellationToken)
                : await AnswerKnownCodeAsync(command, cancellationToken) ?? await IssueNewAsync(command, found.CustomerId, cancellationToken);
        });
    }

    // Of a code that has a license already, whatever order it was issued for: when not all of it was known, that was another one.
    private async ValueTask<CommandResult?> AnswerKnownCodeAsync(IssueLicense command, CancellationToken cancellationToken) =>
        command.MarketplaceCode is { Code: var code }
        && await store.FindLicenseIdAsync(command.Order.Account, code, cancellationToken) is { } licenseId
        && await store.FindLicenseAsync(licenseId, [], cancellationToken) is { } found
            ? new CommandResult(CommandOutcome.Applied) { Record = found.Record }
            : null;

    /// <summary>Has a command decided on a license that exists.</summary>
    public async Task<CommandResult> ExecuteAsync(LicenseTarget target, LicenseCommand command, CancellationToken cancellationToken)
    {
        using var turn = await _turns.TakeAsync(target.LicenseId, cancellationToken);
        return await UntilStoredAsync(() => ExecuteOnceAsync(target, command, static commit => commit, cancellationToken));
    }

    /// <summary>
    /// Makes a new code of the same facts, in the background, for a license whose newest code without a device still has the number; where another one was made
    /// since, that is left alone.
    /// </summary>
    public async Task ReissueAsync(string licenseId, int generation, CallSource source, string reason, CancellationToken cancellationToken)
    {
        using var turn = await _turns.TakeAsync(licenseId, cancellationToken);
        if (await store.FindLicenseAsync(licenseId, [], cancellationToken) is not { Record.License: var license } || license.UnboundGeneration != generation)
        {
            return;
        }

        var decision = LicenseLifecycle.Decide(license, new LicenseCommand.Reissue(source, reason), Now());
        if (decision.Outcome == CommandOutcome.Applied)
        {
            await TryCommitAsync(license, decision, device: null, static commit => commit with { IsInBackground = true }, cancellationToken);
        }
    }

    /// <summary>
    /// Keeps a renewal that was refused before anybody looked at its license as an unserved order of it, unless it was served or kept before. False = the license
    /// is none that the caller may know, and nothing was stored.
    /// </summary>
    public async Task<bool> KeepUnservedAsync(UnservedRenewal renewal, CancellationToken cancellationToken)
    {
        using var turn = await _turns.TakeAsync(renewal.Target.LicenseId, cancellationToken);
        return (await UntilStoredAsync(() => KeepUnservedOnceAsync(renewal, cancellationToken))).Outcome != CommandOutcome.NotFound;
    }

    /// <summary>Has an operator's decision on a conflict done; the answer holds the conflict as it is then.</summary>
    public Task<CommandResult> ResolveAsync(ResolveConflict command, CancellationToken cancellationToken) => UntilStoredAsync(async () =>
    {
        if (await store.FindConflictAsync(command.ConflictId, cancellationToken) is not { } conflict)
        {
            return CommandResult.NotFound;
        }

        if (conflict.Status != ConflictStatus.Open)
        {
            return new CommandResult(CommandOutcome.Refused)
            {
                Reason = $"The conflict was {conflict.Status.ToWord()} before, by {conflict.ResolvedBy}.",
                Conflict = conflict,
            };
        }

        if (conflict.Conflict.LicenseId is not { } licenseId)
        {
            return await ResolveUnservedAsync(command, conflict, cancellationToken);
        }

        using var turn = await _turns.TakeAsync(licenseId, cancellationToken);
        var result = await ExecuteOnceAsync(
            new LicenseTarget(licenseId),
            command.CommandOn(conflict.Conflict),
            commit => commit with { Resolution = command.ResolvedAt(commit.After.LastEventAt) },
            cancellationToken);
        return result switch
        {
            null => null,
            { Record: null } => throw new InvalidOperationException($"Conflict {command.ConflictId} is about a license that is not there."),
            { Outcome: CommandOutcome.Refused } => result with { Conflict = conflict },
            _ => result with
            {
                Conflict = conflict.After(command.ResolvedAt(result.Record.License.LastEventAt)),
            },
        };
    });

    // There is no license that anything could be applied to; when the order is served later, that closes it (docs/license-lifecycle.md).
    private async Task<CommandResult?> ResolveUnservedAsync(ResolveConflict command, ConflictRecord conflict, CancellationToken cancellationToken)
    {
        if (command.Status == ConflictStatus.Applied)
        {
            return conflict.Conflict.Kind == ConflictKind.Restored
                ? new CommandResult(CommandOutcome.Refused)
                {
                    Reason = "There is nothing that could be applied: dismiss it once you have seen to what was lost.",
                    Conflict = conflict,
                }
                : new CommandResult(CommandOutcome.NotApplicable)
                {
                    Reason = "There is no license that it could be applied to. Mend what the order was refused for, most often a product that is not configured, and have the marketplace call again: once the order is served, this closes by itself. Dismiss it if the order was refunded.",
                    Conflict = conflict,
                };
        }

        var resolution = command.ResolvedAt(Now());
        return await store.ResolveAsync(resolution, cancellationToken) == StoreOutcome.Stored
            ? new CommandResult(CommandOutcome.Applied) { Conflict = conflict.After(resolution) }
            : null;
    }

    /// <summary>The turn to change a license, for those who change it beside this class. To be disposed of.</summary>
    /// <exception cref="StoreBusyException">Too many others wait.</exception>
    public ValueTask<TurnQueue.Turn> TakeTurnAsync(string licenseId, CancellationToken cancellationToken) => _turns.TakeAsync(licenseId, cancellationToken);

    /// <summary>Tries until an attempt is stored. Null from one: a concurrency conflict, and what it rested on has to be read anew.</summary>
    /// <exception cref="StoreBusyException">It never was.</exception>
    public static async Task<T> UntilStoredAsync<T>(Func<Task<T?>> attempt)
        where T : class
    {
        for (var tries = 0; tries < MaximumTries; tries++)
        {
            if (await attempt() is { } result)
            {
                return result;
            }
        }

        throw new StoreBusyException("The license is being changed by many calls at once; repeat the call.");
    }

    private async Task<CommandResult?> IssueNewAsync(IssueLicense command, string? customerId, CancellationToken cancellationToken)
    {
        // Step 5: decide.
        if (products.FindByMarketplaceId(command.Order.Account, command.Order.MarketplaceProductId) is not { } product)
        {
            return new CommandResult(CommandOutcome.UnknownProduct);
        }

        if (command.LicenseId is { } allotted && !await store.IsPendingAsync(allotted, cancellationToken))
        {
            return CommandResult.NotFound;
        }

        IReadOnlyList<KeptCall> kept = command.MarketplaceCode is { Code: var ofMarketplace }
            ? await store.ListKeptCallsAsync(command.Order.Account, command.Order.Test, ofMarketplace, cancellationToken)
            : [];
        var draft = Draft(command, product, customerId);
        draft = draft with { ExpiresAt = KeptCallRules.EndToBeginWith(draft.ExpiresAt, kept) };
        var commands = kept.Select(call => call.ToCommand(command.Policy)).ToList();
        var (decision, decisions) = LicenseLifecycle.Issue(draft, command.Source, command.Remark, commands);
        List<EarlierCall> earlier = [.. commands.Zip(decisions, EarlierCallOf)];
        var order = new PlacedOrder(command.Order, command.Quantity, command.ExpiresAt, decision.After.IssuedAt);
        var nonce = command.Nonce?.Answered(decision.Outcome);
        if (await TryCommitAsync(
            null,
            decision,
            device: null,
            commit => commit with
            {
                Order = order,
                OperatorsReason = command.OperatorsReason,
                ServesPendingOrder = command.LicenseId is not null,
                MarketplaceCode = command.MarketplaceCode is { } code && decisions.Zip(commands).Any(static done => SetsTheEnd(done.First, done.Second))
                    ? code with { EndKnownBy = EndKnownBy.Call }
                    : command.MarketplaceCode,
                KeptUpTo = kept.Count == 0 ? 0 : kept[^1].Number,
                EarlierCalls = earlier,
                Nonce = nonce,
            },
            cancellationToken) is not { } stored)
        {
            return null;
        }

        earlier.ForEach(call => Report(stored.After.Id, call.Outcome, call.Conflict));
        return CommandResult.Of(
            stored, stored.Code!.Text, [order.AsShown(), .. earlier.Select(static call => call.Order?.AsShown()).OfType<LicenseOrder>()], command.MarketplaceCode?.Code);
    }

    private static bool SetsTheEnd(LicenseDecision decision, LicenseCommand command) =>
        command is LicenseCommand.SetTerm && decision.Outcome == CommandOutcome.Applied;

    private EarlierCall EarlierCallOf(LicenseCommand command, LicenseDecision decision) => new(
        RememberedKeysOf(command, decision.Outcome), decision.Outcome, FollowUpOrderOf(command, decision.After.LastEventAt), ConflictOf(decision), decision.Events);

    private static IReadOnlyList<CallKey> RememberedKeysOf(LicenseCommand command, CommandOutcome outcome) =>
        [.. command.Keys.Where(key => !key.OnlySuccess || outcome != CommandOutcome.Unserved)];

    private async Task<CommandResult?> AnswerKnownOrderAsync(ServedOrder served, IssueLicense command, CancellationToken cancellationToken)
    {
        if (IsAnswered(served, command, Now()))
        {
            return AnswerOf(served);
        }

        // It changes the license, as other calls do that have their turn before it: read again what they left.
        using var turn = await _turns.TakeAsync(served.License.Id, cancellationToken);
        return await store.FindOrderAsync(command.Order, cancellationToken) is { } current
            ? await ChangeKnownOrderAsync(current, command, cancellationToken)
            : null;
    }

    private static bool BeginsNewRound(ServedOrder served, IssueLicense command, DateTimeOffset now) =>
        served.License.Test && command.Policy.ReplaysTestCases && served.License.StateAt(now) is LicenseState.Released or LicenseState.Revoked;

    private static bool IsAnswered(ServedOrder served, IssueLicense command, DateTimeOffset now) =>
        !BeginsNewRound(served, command, now) && served.Order.Quantity == command.Quantity && served.Order.ExpiresAt == command.ExpiresAt;

    private async Task<CommandResult?> ChangeKnownOrderAsync(ServedOrder served, IssueLicense command, CancellationToken cancellationToken)
    {
        var now = Now();
        if (BeginsNewRound(served, command, now))
        {
            return await BeginNewRoundAsync(served, command, now, cancellationToken);
        }

        var answer = AnswerOf(served);
        if (IsAnswered(served, command, now))
        {
            return answer;
        }

        // The same order with other content: the customer keeps what the first call gave, an operator decides about the second.
        var key = CallKey.OrderContent(command.Order, command.Quantity, command.ExpiresAt);
        if (await store.FindLicenseAsync(served.License.Id, [key], cancellationToken) is not { Answer: null } found)
        {
            return answer;
        }

        var decision = LicenseLifecycle.KeepConflict(
            found.Record.License, command.Source, command.Policy, ProposalOf(served.Order, command), "the order came again with another quantity or expiry", now);
        var nonce = command.Nonce?.Answered(decision.Outcome);
        if (await TryCommitAsync(
            found.Record.License, decision, device: null, commit => commit with { Keys = [key], Nonce = nonce }, cancellationToken) is not { } stored)
        {
            return null;
        }

        Report(stored);
        return CommandResult.Of(stored, found.Record.CodeText, found.Record.Orders, found.Record.MarketplaceCode);
    }

    // Only what differs from the first time: an operator who has the other quantity applied must not take a renewal away, nor the other way round.
    private static ConflictProposal ProposalOf(PlacedOrder order, IssueLicense command) => new(
        Expire: false,
        command.ExpiresAt == order.ExpiresAt ? null : command.ExpiresAt,
        command.Quantity == order.Quantity ? null : command.Quantity);

    private async Task<CommandResult?> BeginNewRoundAsync(
        ServedOrder served, IssueLicense command, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (products.FindByMarketplaceId(command.Order.Account, command.Order.MarketplaceProductId) is not { } product)
        {
            // No longer sold; but a debug case must not fail for that, and the test license is there.
            return AnswerOf(served);
        }

        var draft = Draft(command, product, served.License.Customer.Id);
        var decision = LicenseLifecycle.IssueAgain(served.License, draft, command.Source, now, command.Remark);
        if (await TryCommitAsync(
            served.License,
            decision,
            device: null,
            commit => commit with
            {
                FreesAllDevices = true,
                NewRound = served.Order with { Quantity = command.Quantity, ExpiresAt = command.ExpiresAt },
                Nonce = command.Nonce?.Answered(decision.Outcome),
            },
            cancellationToken) is not { } stored)
        {
            return null;
        }

        Report(stored);
        return CommandResult.Of(stored, stored.Code!.Text, [served.Order.AsShown()]);
    }

    private static CommandResult AnswerOf(ServedOrder served) =>
        new(CommandOutcome.Applied) { Record = new LicenseRecord(served.License, served.CodeText, [served.Order.AsShown()]) };

    private async Task<CommandResult?> ExecuteOnceAsync(
        LicenseTarget target, LicenseCommand command, Func<LicenseCommit, LicenseCommit> complete, CancellationToken cancellationToken)
    {
        if (await store.FindLicenseAsync(target.LicenseId, command.Keys, cancellationToken) is not { Record: var record } found
            || !target.MayKnow(record.License))
        {
            return CommandResult.NotFound;
        }

        var license = record.License;
        var unserved = found.Answer is null or CommandOutcome.Unserved && command is LicenseCommand.OfMarketplace { Source.OrderId: not null }
            && command.ToProposal() is { Expire: false } proposal
            ? await store.FindUnservedAsync(license.Id, command.Source, proposal, cancellationToken)
            : null;
        if (unserved?.Status == ConflictStatus.Applied)
        {
            // An operator had it served after all: the marketplace hears so when it calls again.
            return new CommandResult(CommandOutcome.Applied) { Record = record };
        }

        if (found.Answer is { } remembered)
        {
            return new CommandResult(remembered) { Record = record };
        }

        var decision = await DecideAsync(license, command, cancellationToken);
        if (decision.Outcome == CommandOutcome.Refused)
        {
            return new CommandResult(CommandOutcome.Refused) { Record = record, Reason = decision.Reason };
        }

        // What was kept when it came first is over: it is served now, or kept anew.
        var kept = unserved is { Status: ConflictStatus.Open } open
            ? new ConflictResolution(
                open.ConflictId, decision.Outcome == CommandOutcome.Unserved ? ConflictStatus.Dismissed : ConflictStatus.Served, command.Source.Actor,
                decision.After.LastEventAt, "the call came again")
            : null;
        var order = FollowUpOrderOf(command, decision.After.LastEventAt);
        var stored = await TryCommitAsync(
            license,
            decision,
            device: null,
            commit => complete(commit with
            {
                FollowUpOrder = order,
                Resolution = kept,
                EndSaidBy = command is LicenseCommand.CorrectEnd ? EndKnownBy.Query : EndKnownBy.Call,
                Keys = RememberedKeysOf(command, decision.Outcome),
                Nonce = command.Nonce?.Answered(decision.Outcome),
            }),
            cancellationToken);
        if (stored is null)
        {
            return null;
        }

        Report(stored);
        if (order?.MarketplaceProductId is { } sold
            && stored.Outcome == CommandOutcome.Applied
            && products.FindByMarketplaceId(license.Account, sold)?.Id != license.Product)
        {
            LogOtherProduct(license.Id, license.Product, sold);
        }

        return CommandResult.Of(
            stored, stored.Code?.Text ?? record.CodeText, order is null ? record.Orders : [.. record.Orders, order.AsShown()], record.MarketplaceCode);
    }

    private async Task<CommandResult?> KeepUnservedOnceAsync(UnservedRenewal renewal, CancellationToken cancellationToken)
    {
        var keys = renewal.Key is { } key ? [key] : (IReadOnlyList<CallKey>)[];
        if (await store.FindLicenseAsync(renewal.Target.LicenseId, keys, cancellationToken) is not { Record: var record } found
            || !renewal.Target.MayKnow(record.License))
        {
            return CommandResult.NotFound;
        }

        // It was answered after all, or there is an entry: that it is asked twice takes nothing from anybody.
        var answer = new CommandResult(CommandOutcome.Noted) { Record = record };
        if (found.Answer is not null
            || await store.FindUnservedAsync(record.License.Id, renewal.Source, renewal.Proposal, cancellationToken)
                is { Status: ConflictStatus.Open or ConflictStatus.Applied })
        {
            return answer;
        }

        var decision = LicenseLifecycle.KeepUnserved(record.License, renewal.Source, renewal.Policy, renewal.Proposal, renewal.Reason, Now());
        if (decision.Outcome != CommandOutcome.Unserved)
        {
            return answer;
        }

        if (await TryCommitAsync(record.License, decision, device: null, static commit => commit, cancellationToken) is not { } stored)
        {
            return null;
        }

        Report(stored);
        return CommandResult.Of(stored, record.CodeText, record.Orders);
    }

    private async ValueTask<LicenseDecision> DecideAsync(License license, LicenseCommand command, CancellationToken cancellationToken)
    {
        var now = Now();
        var decision = LicenseLifecycle.Decide(license, command, now);

        // Read after the license: what becomes of a conflict changes the license's version, so that neither is overtaken.
        return decision.Outcome == CommandOutcome.Conflict && command is LicenseCommand.EndTerm end
            && await store.FindLateEndAsync(license.Id, cancellationToken) is { } late && late.IsKnown(license.ExpiresAt)
            ? LicenseLifecycle.Decide(license, end with { IsKnownToBeLate = true }, now)
            : decision;
    }

    private static FollowUpOrder? FollowUpOrderOf(LicenseCommand command, DateTimeOffset at) =>
        command is LicenseCommand.SetTerm { Source: { OrderId: { } orderId } source, Order: { } order } set
            ? new FollowUpOrder(orderId, source.OrderLineId ?? "", order.MarketplaceProductId, order.Scene, set.ExpiresAt, at)
            : null;

    /// <summary>
    /// Steps 6 to 9, and the one place where a decision becomes what is stored. Signing is outside the store: the loser of a race throws its code away. Null: a
    /// concurrency conflict, nothing was stored. To be called in the license's turn.
    /// </summary>
    /// <param name="before">The license as it was read; null = it is new.</param>
    /// <param name="decision">What was decided.</param>
    /// <param name="device">What the new code is bound to, if there is one; null = no device.</param>
    /// <param name="complete">Adds what else is stored.</param>
    /// <param name="cancellationToken">Withdraws it before it is stored.</param>
    public async Task<LicenseCommit?> TryCommitAsync(
        License? before, LicenseDecision decision, BoundDevice? device, Func<LicenseCommit, LicenseCommit> complete, CancellationToken cancellationToken)
    {
        var commit = complete(new LicenseCommit
        {
            Before = before,
            After = decision.After,
            Events = decision.Events,
            Code = decision.NeedsCode ? await signer.SignAsync(decision.After, device, cancellationToken) : null,
            Outcome = decision.Outcome,
            Conflict = ConflictOf(decision),
            GoodUntil = decision.GoodUntil,
        });
        if (before is not null && decision.After.Quantity < before.Quantity && !commit.FreesAllDevices)
        {
            commit = WithCrowd(commit, await store.CountPlacesAsync(before.Id, Now(), cancellationToken));
        }

        if (await store.StoreAsync(commit, cancellationToken) != StoreOutcome.Stored)
        {
            return null;
        }

        ReportCodeTime(commit);
        return commit;
    }

    // More devices than were bought: they stay, and an operator decides. Nobody asked for anything that could be applied.
    private LicenseCommit WithCrowd(LicenseCommit commit, int places)
    {
        var license = commit.After;
        if (places <= license.Quantity)
        {
            return commit;
        }

        var source = commit.Events.Last(static happened => happened.Source != CallSource.Clock).Source;
        var reason = string.Create(
            CultureInfo.InvariantCulture, $"{places} devices have a place, and the quantity is {license.Quantity} now: they keep it, and no other device gets one");
        var type = license.Test ? LicenseEventType.Noted : LicenseEventType.Conflict;
        return commit with
        {
            Events = [.. commit.Events, new LicenseEvent(license.LastEventAt, type, source, license, license, reason)],

            // Replayed debug cases would have operators decide the same again each day.
            Conflict = license.Test ? null : new OpenConflict(
                identifiers.NewConflictId(), license.Id, ConflictKind.Conflict, license.LastEventAt, source, reason, new ConflictProposal(Expire: false, null, null)),
        };
    }

    private OpenConflict? ConflictOf(LicenseDecision decision)
    {
        if (decision.Proposal is not { } proposal)
        {
            return null;
        }

        var kept = decision.Events[^1];
        var kind = decision.Outcome == CommandOutcome.Unserved ? ConflictKind.Unserved : ConflictKind.Conflict;
        return new OpenConflict(identifiers.NewConflictId(), kept.After.Id, kind, kept.At, kept.Source, decision.Reason!, proposal);
    }

    private License Draft(IssueLicense command, Product product, string? customerId)
    {
        var now = LicenseTime.CutToSecond(time.GetUtcNow());
        return new License
        {
            Id = command.LicenseId ?? identifiers.NewLicenseId(),
            Account = command.Order.Account,
            Product = product.Id,
            Test = command.Order.Test,
            Trial = command.Trial,
            Customer = new Customer(customerId ?? identifiers.NewCustomerId(), command.MarketplaceCustomerId, command.CustomerName),
            Quantity = command.Quantity,
            Entitlements = product.Entitlements,
            IssuedAt = now,
            StartsAt = now,
            ExpiresAt = command.ExpiresAt ?? (product.DefaultPeriod is { } period ? LicenseTime.Add(now, period) : null),
            Grace = product.GracePeriod,
            Tolerance = product.ExpiryTolerance,
            Generation = 1,
            UnboundGeneration = 1,
            CodeIssuedAt = now,
            LastEventAt = now,
            RecordedState = LicenseState.Active,
            Version = 1,
        };
    }

    private DateTimeOffset Now() => LicenseTime.CutToMillisecond(time.GetUtcNow());

    // Only what was stored; repeats of the same call are not told again.
    private void Report(LicenseCommit stored) => Report(stored.After.Id, stored.Outcome, stored.Conflict);

    private void Report(string licenseId, CommandOutcome outcome, OpenConflict? conflict)
    {
        if (conflict is null)
        {
            return;
        }

        if (outcome == CommandOutcome.Applied)
        {
            LogCrowd(licenseId, conflict.Reason);
        }
        else if (conflict.Kind == ConflictKind.Unserved)
        {
            LogUnserved(licenseId, conflict.Source.OrderId, conflict.Reason);
        }
        else
        {
            LogConflict(licenseId, conflict.Source.Activity, conflict.Source.OrderId, conflict.Reason);
        }
    }

    private void ReportCodeTime(LicenseCommit stored)
    {
        var (license, issuedAt) = (stored.After, stored.After.CodeIssuedAt);
        if (stored.VoidsLaterCodes)
        {
            LogVoid(license.Id, stored.Before!.Generation, stored.Before.CodeIssuedAt, license.Generation, issuedAt);
        }
        else if (stored.Code is not null && issuedAt - Now() is var lead && CodeTime.IsNoticed(lead, license.Generation))
        {
            LogAhead(license.Id, license.Generation, issuedAt, lead);
        }
    }

    [LoggerMessage(LogLevel.Error, "ALARM: code {OldGeneration} of license {LicenseId} was signed by a clock that was far ahead, for {OldTime:O}. It is void: code {Generation}, of {Time:O}, takes its place. Until the customer has that one, the software refuses the license, or takes the void code for the newer one.")]
    private partial void LogVoid(string licenseId, int oldGeneration, DateTimeOffset oldTime, int generation, DateTimeOffset time);

    [LoggerMessage(LogLevel.Warning, "Code {Generation} of license {LicenseId} was signed for {Time:O}, {Lead} ahead of the clock, since the code before it was signed by a clock that was ahead. Licensed software tolerates that.")]
    private partial void LogAhead(string licenseId, int generation, DateTimeOffset time, TimeSpan lead);

    [LoggerMessage(LogLevel.Warning, "A call was answered with success but not applied: license {LicenseId}, {Activity}, order {OrderId}: {Reason}. Decide it at /admin/v1/conflicts.")]
    private partial void LogConflict(string licenseId, string activity, string? orderId, string reason);

    [LoggerMessage(LogLevel.Warning, "License {LicenseId}: {Reason}. Decide it at /admin/v1/conflicts.")]
    private partial void LogCrowd(string licenseId, string reason);

    [LoggerMessage(LogLevel.Error, "ALARM: an order that was paid for is not served: license {LicenseId}, order {OrderId}: {Reason}. Decide it at /admin/v1/conflicts?kind=unserved.")]
    private partial void LogUnserved(string licenseId, string? orderId, string reason);

    [LoggerMessage(LogLevel.Warning, "License {LicenseId} of product {Product} was renewed under marketplace product id {MarketplaceProductId}, which is not sold as this product: it was served on the product that it has.")]
    private partial void LogOtherProduct(string licenseId, string product, string marketplaceProductId);
}

/// <summary>What became of a command, with all that a door shows of it: the license need not be read again.</summary>
/// <param name="Outcome">What became of it.</param>
internal sealed record CommandResult(CommandOutcome Outcome)
{
    /// <summary>No such license or conflict, as far as the caller may know.</summary>
    public static readonly CommandResult NotFound = new(CommandOutcome.NotFound);

    /// <summary>The license as it is now, with its newest code and its orders; null when there is none.</summary>
    public LicenseRecord? Record { get; init; }

    /// <summary>Why it was not applied, for people; null if it was, or if the answer was remembered.</summary>
    public string? Reason { get; init; }

    /// <summary>The conflict that was to be resolved, as it is now; null for other commands.</summary>
    public ConflictRecord? Conflict { get; init; }

    /// <summary>The answer once a commit is stored.</summary>
    public static CommandResult Of(
        LicenseCommit stored, string codeText, IReadOnlyList<LicenseOrder> orders, MarketplaceCode? marketplaceCode = null) => new(stored.Outcome)
    {
        Record = new LicenseRecord(stored.After, codeText, orders) { MarketplaceCode = marketplaceCode },
        Reason = stored.Outcome == CommandOutcome.Applied ? null : stored.Events[^1].Remark,
    };
}
