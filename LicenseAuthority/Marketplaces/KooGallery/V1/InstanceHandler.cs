using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>
/// What the V1 calls on an instance that exists have in common: their parameters, that the same signed request has no effect twice, and their answers.
/// Each says only what it asks of the license. One that is refused is told.
/// </summary>
internal abstract class InstanceHandler(LicenseService licenses, RefusedCalls refused) : ICallHandler
{
    /// <inheritdoc/>
    public abstract string Activity { get; }

    /// <inheritdoc/>
    public string Method => HttpMethods.Get;

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceCall call, CancellationToken cancellationToken)
    {
        var parameters = new ParameterReader(call.Parameters);
        parameters.Required("timeStamp", 20);
        var orderId = ReadOrderId(parameters);
        var instanceId = parameters.Required("instanceId", 64);
        var asked = Read(parameters, new CallSource(CallSource.Marketplace, Activity, orderId));
        var test = parameters.TestFlag();
        return parameters.Problem is { } problem
            ? MarketplaceAnswer.BadParameter(problem)
            : InstanceAnswer.From((await licenses.ExecuteAsync(
                new LicenseTarget(instanceId, call.Account.Name, test),
                asked.Command with { Keys = [CallKey.SignedRequest(V1Authentication.ReadToken(call.Parameters)), .. asked.Keys] },
                cancellationToken)).Outcome);
    }

    /// <inheritdoc/>
    public virtual Task RefusedAsync(MarketplaceCall call, MarketplaceAnswer answer, bool storeIsBusy)
    {
        refused.Tell(Activity, call, answer);
        return Task.CompletedTask;
    }

    /// <summary>The order in the call; mandatory unless a call says otherwise.</summary>
    protected virtual string? ReadOrderId(ParameterReader parameters) => parameters.Required("orderId", 64);

    /// <summary>Reads the parameters that only this call has. After a problem the result is not used.</summary>
    protected abstract Asked Read(ParameterReader parameters, CallSource source);

    /// <summary>What a call asks.</summary>
    /// <param name="Command">Of the license.</param>
    /// <param name="Keys">What makes it the same call again, besides its signature.</param>
    protected sealed record Asked(LicenseCommand Command, IReadOnlyList<CallKey> Keys);
}
