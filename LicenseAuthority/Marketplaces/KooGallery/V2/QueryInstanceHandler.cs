using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// Serves <c>queryInstance</c> (protocol section 5j): which of these instances does the account have? Those that it has not are left out; a debug case does not
/// learn of real ones.
/// </summary>
internal sealed class QueryInstanceHandler(ILicenseQueries licenses, PendingOrderService orders) : ICallHandler
{
    private const int MostIds = 100;

    /// <inheritdoc/>
    public string Activity => "queryInstance";

    /// <inheritdoc/>
    public string Method => HttpMethods.Post;

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceCall call, CancellationToken cancellationToken)
    {
        var parameters = new ParameterReader(call.Parameters);
        var ids = ReadIds(parameters);
        var test = parameters.TestFlag();
        if (parameters.Problem is { } problem)
        {
            return MarketplaceAnswer.BadParameter(problem);
        }

        var known = await licenses.ListKnownAsync(call.Account.Name, ids, testOnly: test, cancellationToken);
        var others = ids.FindAll(id => !known.Contains(id));
        var pending = others.Count == 0 ? [] : await orders.ListAsync(call.Account.Name, others, testOnly: test, cancellationToken);

        // One that was released before it had a license is there, as one that was released after it.
        var shown = ids.FindAll(id => known.Contains(id) || pending.Any(order => order.InstanceId == id && order.End is not null));
        return shown.Count > 0 ? MarketplaceAnswer.Success with { Instances = shown }
            : pending.Count > 0 ? InstanceAnswer.Without(end: null)!
            : InstanceAnswer.From(CommandOutcome.NotFound);
    }

    /// <inheritdoc/>
    /// <remarks>Nothing that was paid for depends on it.</remarks>
    public Task RefusedAsync(MarketplaceCall call, MarketplaceAnswer answer, bool storeIsBusy) => Task.CompletedTask;

    private static List<string> ReadIds(ParameterReader parameters)
    {
        var ids = parameters.Required("instanceId", MostIds * (ParameterReader.LongestId + 1))
            .Split(',', StringSplitOptions.TrimEntries)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (ids.Count > MostIds)
        {
            parameters.Fail($"the parameter instanceId names {ids.Count} instances, at most {MostIds} are allowed");
        }

        if (ids.Exists(static id => id.Length is 0 or > ParameterReader.LongestId))
        {
            parameters.Fail($"the parameter instanceId must be ids of 1 to {ParameterReader.LongestId} characters, with commas between them");
        }

        return ids;
    }
}
