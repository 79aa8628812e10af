using LicenseAuthority.Clock;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>License V1: GET, all parameters in the query, <c>authToken</c> (protocol sections 1 and 1b).</summary>
internal sealed class V1Generation(SteadyTime time) : IGeneration
{
    /// <inheritdoc/>
    public string Method => HttpMethods.Get;

    /// <inheritdoc/>
    public string Name => "License V1";

    /// <inheritdoc/>
    public ValueTask<ReadCall> ReadAsync(HttpRequest request, SellerAccount account, CancellationToken cancellationToken) => ValueTask.FromResult(Read(request, account));

    /// <inheritdoc/>
    /// <remarks>What makes it the same call is remembered with the license: only success, and for as long as a round of the license lasts.</remarks>
    public Task<MarketplaceAnswer> AnswerOnceAsync(MarketplaceCall call, Func<Task<MarketplaceAnswer>> serve, CancellationToken cancellationToken) => serve();

    private ReadCall Read(HttpRequest request, SellerAccount account)
    {
        if (!MarketplaceQuery.TryParse(request.QueryString.Value, out var query, out var problem))
        {
            return MarketplaceAnswer.BadParameter(problem);
        }

        if (V1Authentication.FindKey(query, account.AccessKeys) is not { } key)
        {
            return new ReadCall(null, new MarketplaceAnswer(ResultCode.AuthenticationFailed, "authentication failed: authToken does not fit the parameters"))
            {
                Said = V1Authentication.ReadTimeStamp(query) is not null && V1Authentication.ReadToken(query).Length > 0 ? query : null,
            };
        }

        if (V1Authentication.ReadTimeStamp(query) is { } calledAt)
        {
            time.Prove(calledAt);
        }

        return new MarketplaceCall(account, key, query)
        {
            Problem = query.FirstRepeated is { } repeated ? $"the parameter {MarketplaceQuery.Shorten(repeated)} comes more than once" : null,
        };
    }
}
