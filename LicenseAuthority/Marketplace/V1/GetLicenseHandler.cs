using LicenseAuthority.Licensing;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplace.V1;

/// <summary>Serves <c>getLicense</c>: an order is answered with its license code.</summary>
internal sealed class GetLicenseHandler(LicenseService licenses, IOptions<MarketplaceOptions> options) : IV1Handler
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

        var result = await licenses.IssueAsync(command, cancellationToken);
        return result.Outcome == CommandOutcome.UnknownProduct
            ? MarketplaceAnswer.BadParameter(
                $"the parameter productId is {MarketplaceQuery.Shorten(command.Order.MarketplaceProductId)}, which is not configured for sale here")
            : new MarketplaceAnswer(ResultCode.Success, "success.", result.Record!.CodeText, result.Record.License.Id);
    }
}
