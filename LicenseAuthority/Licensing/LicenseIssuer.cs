namespace LicenseAuthority.Licensing;

/// <summary>
/// Issues the license of an order. Guarantees: what is answered as served is durably stored; one order has one license, however often and
/// at once it is asked for; nothing unverifiable leaves. docs/issuance.md has the same steps.
/// </summary>
internal sealed class LicenseIssuer(
    ILicenseStore store, ILicenseSigner signer, ProductCatalog products, Identifiers identifiers, TimeProvider time, ILogger<LicenseIssuer> logger)
{
    /// <summary>How often a decision that was overtaken is made again.</summary>
    public const int MaximumTries = 5;

    /// <summary>Answers an order. Throws <see cref="StoreBusyException"/> or <see cref="SigningException"/>; then nothing was stored.</summary>
    public async Task<IssueResult> IssueAsync(IssueLicense command, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaximumTries; attempt++)
        {
            // Step 4: an order that was served before is answered with what it got.
            if (await store.FindOrderAsync(command.Order, cancellationToken) is { } served)
            {
                if (await AnswerKnownOrderAsync(served, command, cancellationToken) is { } answer)
                {
                    return answer;
                }

                continue;
            }

            // Step 5: decide.
            if (products.FindByMarketplaceId(command.Order.MarketplaceProductId) is not { } product)
            {
                return new IssueResult.UnknownProduct(command.Order.MarketplaceProductId);
            }

            var draft = await DraftAsync(command, product, cancellationToken);
            var decision = LicenseLifecycle.Issue(draft, command.Source);

            // Steps 6 and 7: sign, and check our own work. Outside the store: the loser of a race throws its code away.
            var code = await signer.SignAsync(decision.After, cancellationToken);

            // Steps 8 and 9: store as a whole, and go on only when it is durable.
            var change = new LicenseChange
            {
                Before = null,
                After = decision.After,
                Events = decision.Events,
                Code = code,
                Order = new PlacedOrder(command.Order, command.Quantity, command.ExpiresAt, decision.After.IssuedAt),
                GoodUntil = decision.GoodUntil,
            };
            if (await store.StoreAsync(change, cancellationToken) == StoreOutcome.Stored)
            {
                return new IssueResult.Served(decision.After.Id, code.Text);
            }
        }

        throw new StoreBusyException("The order is being served by many calls at once; repeat the call.");
    }

    // Null when it was overtaken.
    private async Task<IssueResult?> AnswerKnownOrderAsync(ServedOrder served, IssueLicense command, CancellationToken cancellationToken)
    {
        var license = served.License;
        var now = time.GetUtcNow();
        if (license.Test && license.StateAt(now) is LicenseState.Released or LicenseState.Revoked)
        {
            return await BeginNewRoundAsync(served, command, now, cancellationToken);
        }

        var answer = new IssueResult.Served(license.Id, served.CodeText);
        if (served.Order.Quantity == command.Quantity && served.Order.ExpiresAt == command.ExpiresAt)
        {
            return answer;
        }

        // The same order with other content: the customer keeps what the first call gave, an operator decides about the second.
        var key = CallKey.OrderContent(command.Order, command.Quantity, command.ExpiresAt);
        if (await store.FindAnswerAsync(license, [key], cancellationToken) is not null)
        {
            return answer;
        }

        const string Reason = "the order came again with another quantity or expiry";
        var decision = LicenseLifecycle.KeepConflict(license, command.Source, Reason, now);
        var change = new LicenseChange
        {
            Before = license,
            After = decision.After,
            Events = decision.Events,
            Keys = [key],
            Outcome = decision.Outcome,
            Conflict = decision.Outcome == CallOutcome.Conflict
                ? new OpenConflict(
                    identifiers.NewConflictId(), license.Id, ConflictKind.Conflict, decision.After.LastEventAt, command.Source, Reason,
                    ProposalOf(served.Order, command))
                : null,
            GoodUntil = decision.GoodUntil,
        };
        if (await store.StoreAsync(change, cancellationToken) != StoreOutcome.Stored)
        {
            return null;
        }

        if (change.Conflict is not null)
        {
            logger.LogConflict(license.Id, command.Source.Activity, command.Source.OrderId, Reason);
        }

        return answer;
    }

    // Only what differs from the first time: an operator who has the other quantity applied must not take a renewal away, nor the other way round.
    private static ConflictProposal ProposalOf(PlacedOrder order, IssueLicense command) => new(
        Expire: false,
        command.ExpiresAt == order.ExpiresAt ? null : command.ExpiresAt,
        command.Quantity == order.Quantity ? null : command.Quantity);

    private async Task<IssueResult?> BeginNewRoundAsync(
        ServedOrder served, IssueLicense command, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var finished = served.License;
        if (products.FindByMarketplaceId(command.Order.MarketplaceProductId) is not { } product)
        {
            // No longer sold; but a debug case must not fail for that, and the test license is there.
            return new IssueResult.Served(finished.Id, served.CodeText);
        }

        var draft = await DraftAsync(command, product, cancellationToken);
        var decision = LicenseLifecycle.IssueAgain(finished, draft, command.Source, now);
        var code = await signer.SignAsync(decision.After, cancellationToken);
        var change = new LicenseChange
        {
            Before = finished,
            After = decision.After,
            Events = decision.Events,
            Code = code,
            GoodUntil = decision.GoodUntil,
        };
        return await store.StoreAsync(change, cancellationToken) == StoreOutcome.Stored
            ? new IssueResult.Served(decision.After.Id, code.Text)
            : null;
    }

    private async ValueTask<License> DraftAsync(IssueLicense command, Product product, CancellationToken cancellationToken)
    {
        var now = LicenseTime.CutToSecond(time.GetUtcNow());
        var customerId = await store.FindCustomerIdAsync(command.Order.Account, command.MarketplaceCustomerId, cancellationToken)
            ?? identifiers.NewCustomerId();
        return new License
        {
            Id = identifiers.NewLicenseId(),
            Account = command.Order.Account,
            Product = product.Id,
            Test = command.Order.Test,
            Customer = new Customer(customerId, command.MarketplaceCustomerId, command.CustomerName),
            Quantity = command.Quantity,
            Entitlements = product.Entitlements,
            IssuedAt = now,
            StartsAt = now,
            ExpiresAt = command.ExpiresAt ?? (product.DefaultPeriod is { } period ? LicenseTime.Add(now, period) : null),
            Grace = product.GracePeriod,
            Generation = 1,
            CodeIssuedAt = now,
            LastEventAt = now,
            RecordedState = LicenseState.Active,
            Version = 1,
        };
    }
}
