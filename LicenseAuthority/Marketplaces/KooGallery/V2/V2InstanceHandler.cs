using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// What the V2 calls on an instance that exists have in common: their parameters, the nonce that is stored with their effect, and their answers. Each says only
/// what it asks of the license, and, if need be, what it does to an instance that has none. One that is refused is told.
/// </summary>
internal abstract class V2InstanceHandler(LicenseService licenses, PendingOrderService pending, RefusedCalls refused) : ICallHandler
{
    /// <inheritdoc/>
    public abstract string Activity { get; }

    /// <inheritdoc/>
    public string Method => HttpMethods.Post;

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceCall call, CancellationToken cancellationToken)
    {
        var parameters = new ParameterReader(call.Parameters);
        var instanceId = parameters.Required("instanceId", ParameterReader.LongestId);
        var command = Read(parameters);
        var test = parameters.TestFlag();
        if (parameters.Problem is { } problem)
        {
            return MarketplaceAnswer.BadParameter(problem);
        }

        var target = new LicenseTarget(instanceId, call.Account.Name, test);
        command = command with { Nonce = new UsedNonce(call.Nonce!, AnswerTo) };
        var result = await licenses.ExecuteAsync(target, command, cancellationToken);
        return result.Outcome == CommandOutcome.NotFound && await pending.FindAsync(target, cancellationToken) is { } order
            ? await AnswerWithoutLicenseAsync(order, call, cancellationToken)

                // It was served meanwhile.
                ?? InstanceAnswer.From((await licenses.ExecuteAsync(target, command, cancellationToken)).Outcome)
            : InstanceAnswer.From(result.Outcome);
    }

    /// <inheritdoc/>
    public Task RefusedAsync(MarketplaceCall call, MarketplaceAnswer answer, bool storeIsBusy)
    {
        refused.TellRepeated(Activity, call, answer);
        return Task.CompletedTask;
    }

    /// <summary>Answers where there is no license yet, or none any more; null = there is one by now.</summary>
    protected virtual ValueTask<MarketplaceAnswer?> AnswerWithoutLicenseAsync(PendingOrder order, MarketplaceCall call, CancellationToken cancellationToken) =>
        ValueTask.FromResult(InstanceAnswer.Without(order.End));

    /// <summary>Reads the parameters that only this call has. After a problem the result is not used.</summary>
    protected abstract LicenseCommand Read(ParameterReader parameters);

    private static string AnswerTo(CommandOutcome outcome) => InstanceAnswer.From(outcome).ToText();
}
