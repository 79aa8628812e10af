namespace LicenseAuthority.Licensing;

/// <summary>
/// Has a call decided on a license, and stores what came of it: read, decide, sign, store, and again when it was overtaken. What is answered
/// as applied is durable, with its events, in one transaction.
/// </summary>
internal sealed partial class LicenseChanger(
    ILicenseStore store, ILicenseSigner signer, ProductCatalog products, Identifiers identifiers, TimeProvider time, ILogger<LicenseChanger> logger)
{
    /// <summary>Answers a call. Throws <see cref="StoreBusyException"/> or <see cref="SigningException"/>; then nothing was stored.</summary>
    public async Task<ChangeResult> ChangeAsync(ChangeLicense command, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < LicenseIssuer.MaximumTries; attempt++)
        {
            var license = await store.FindLicenseAsync(command.LicenseId, cancellationToken);
            if (license is null || (command.Account is not null && command.Account != license.Account))
            {
                return ChangeResult.NotFound;
            }

            if (command.SaysTest && !license.Test)
            {
                // A debug case must never touch a real license.
                return ChangeResult.NotFound;
            }

            if (command.Keys.Count > 0 && await store.FindAnswerAsync(license, command.Keys, cancellationToken) is { } remembered)
            {
                return new ChangeResult(license, remembered, null);
            }

            var decision = LicenseLifecycle.Decide(license, command.Call, time.GetUtcNow());
            if (decision.Outcome == CallOutcome.Refused)
            {
                return new ChangeResult(license, decision.Outcome, decision.Reason);
            }

            if (await TryStoreAsync(license, decision, command, cancellationToken))
            {
                Report(license, decision, command);
                return new ChangeResult(decision.After, decision.Outcome, decision.Reason);
            }
        }

        throw new StoreBusyException("The license is being changed by many calls at once; repeat the call.");
    }

    private async Task<bool> TryStoreAsync(
        License license, LicenseDecision decision, ChangeLicense command, CancellationToken cancellationToken)
    {
        var change = new LicenseChange
        {
            Before = license,
            After = decision.After,
            Events = decision.Events,
            Code = decision.NeedsCode ? await signer.SignAsync(decision.After, cancellationToken) : null,
            FollowUpOrder = FollowUpOrderOf(command, decision),
            Keys = [.. command.Keys.Where(key => !key.OnlySuccess || decision.Outcome != CallOutcome.Unserved)],
            Outcome = decision.Outcome,
            Conflict = ConflictOf(decision, command.Call),
            GoodUntil = decision.GoodUntil,
        };
        return await store.StoreAsync(change, cancellationToken) == StoreOutcome.Stored;
    }

    private static FollowUpOrder? FollowUpOrderOf(ChangeLicense command, LicenseDecision decision) =>
        command.Call is LicenseCall.Renew { Source.OrderId: { } orderId } renew
            ? new FollowUpOrder(
                orderId, renew.Source.OrderLineId ?? "", command.MarketplaceProductId, renew.Scene, renew.ExpiresAt, decision.After.LastEventAt)
            : null;

    private OpenConflict? ConflictOf(LicenseDecision decision, LicenseCall call)
    {
        if (decision.Outcome is not (CallOutcome.Conflict or CallOutcome.Unserved))
        {
            return null;
        }

        var kind = decision.Outcome == CallOutcome.Conflict ? ConflictKind.Conflict : ConflictKind.Unserved;
        var proposal = call is LicenseCall.Renew renew
            ? new ConflictProposal(Expire: false, renew.ExpiresAt, Quantity: null)
            : new ConflictProposal(Expire: true, ExpiresAt: null, Quantity: null);
        return new OpenConflict(
            identifiers.NewConflictId(), decision.After.Id, kind, decision.After.LastEventAt, call.Source, decision.Reason!, proposal);
    }

    private void Report(License license, LicenseDecision decision, ChangeLicense command)
    {
        var source = command.Call.Source;
        switch (decision.Outcome)
        {
            case CallOutcome.Unserved:
                LogUnserved(license.Id, source.OrderId, decision.Reason);
                break;
            case CallOutcome.Conflict:
                logger.LogConflict(license.Id, source.Activity, source.OrderId, decision.Reason);
                break;
            case CallOutcome.Applied when command.MarketplaceProductId is { } sold && products.FindByMarketplaceId(sold)?.Id != license.Product:
                LogOtherProduct(license.Id, license.Product, sold);
                break;
        }
    }

    [LoggerMessage(LogLevel.Error, "ALARM: an order that was paid for is not served: license {LicenseId}, order {OrderId}: {Reason}. Decide it at /admin/v1/conflicts?kind=unserved.")]
    private partial void LogUnserved(string licenseId, string? orderId, string? reason);

    [LoggerMessage(LogLevel.Warning, "License {LicenseId} of product {Product} was renewed under marketplace product id {MarketplaceProductId}, which is not sold as this product: it was served on the product that it has.")]
    private partial void LogOtherProduct(string licenseId, string product, string marketplaceProductId);
}
