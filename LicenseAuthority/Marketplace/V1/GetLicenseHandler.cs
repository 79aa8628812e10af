using LicenseAuthority.Licensing;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplace.V1;

/// <summary>Serves <c>getLicense</c>: an order is answered with its license code.</summary>
internal sealed class GetLicenseHandler(LicenseIssuer issuer, IOptions<MarketplaceOptions> options) : IV1Handler
{
    /// <inheritdoc/>
    public string Activity => GetLicenseRequest.Activity;

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceQuery query, AccessKey key, CancellationToken cancellationToken)
    {
        var command = GetLicenseRequest.Read(query, key.Account, options.Value.ExpireTimeOffset, out var problem);
        if (command is null)
        {
            return MarketplaceAnswer.BadParameter(problem!);
        }

        return await issuer.IssueAsync(command, cancellationToken) switch
        {
            IssueResult.Served served => new MarketplaceAnswer(ResultCode.Success, "success.", served.CodeText, served.LicenseId),
            IssueResult.UnknownProduct unknown => MarketplaceAnswer.BadParameter(
                $"the parameter productId is {MarketplaceQuery.Shorten(unknown.MarketplaceProductId)}, which is not configured for sale here"),
            _ => throw new InvalidOperationException("An unknown result of issuing."),
        };
    }
}
