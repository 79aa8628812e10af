using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>Serves <c>getLicense</c>: an order is answered with its license code.</summary>
internal sealed class GetLicenseHandler(LicenseService licenses, UnservedOrders unserved, IOptions<MarketplaceOptions> options) : ICallHandler
{
    /// <inheritdoc/>
    public string Activity => GetLicenseRequest.Activity;

    /// <inheritdoc/>
    public string Method => HttpMethods.Get;

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceCall call, CancellationToken cancellationToken)
    {
        var command = GetLicenseRequest.Read(call.Parameters, call.Account.Name, options.Value.ExpireTimeOffset, out var problem);
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
    public async Task RefusedAsync(MarketplaceCall call, MarketplaceAnswer answer, bool storeIsBusy)
    {
        // Other codes refuse no order that was paid for, in a way that somebody could mend.
        if (answer.Code is not (ResultCode.BadParameter or ResultCode.UnknownInstance or ResultCode.InternalError))
        {
            return;
        }

        var reason = $"answered {answer}";
        if (GetLicenseRequest.ReadRefused(call.Parameters, call.Account.Name, options.Value.ExpireTimeOffset, reason) is { } order)
        {
            await unserved.KeepAsync(order, storeIsBusy);
        }
        else
        {
            unserved.TellUnreadable(call.Account.Name, reason);
        }
    }
}
