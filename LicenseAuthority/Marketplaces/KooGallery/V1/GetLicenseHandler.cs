using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>Serves <c>getLicense</c>: an order is answered with its license code.</summary>
internal sealed class GetLicenseHandler(LicenseService licenses, UnservedOrders unserved, IOptions<MarketplaceOptions> options) : IV1Handler
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

    /// <inheritdoc/>
    public async Task RefusedAsync(MarketplaceQuery query, AccessKey key, MarketplaceAnswer answer, bool storeIsBusy)
    {
        // Other codes refuse no order that was paid for, in a way that somebody could mend.
        if (answer.Code is not (ResultCode.BadParameter or ResultCode.UnknownInstance or ResultCode.InternalError))
        {
            return;
        }

        var reason = $"answered {answer}";
        if (GetLicenseRequest.ReadRefused(query, key.Account, options.Value.ExpireTimeOffset, reason) is { } order)
        {
            await unserved.KeepAsync(order, storeIsBusy);
        }
        else
        {
            unserved.TellUnreadable(key.Account, reason);
        }
    }
}
