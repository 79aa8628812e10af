using LicenseAuthority.Licensing;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>
/// Serves <c>refreshLicense</c> (protocol section 3): a renewal, the refund of one, or a trial that became formal. V1 does not say which; the date has to
/// tell. The order is a new one: the instance is known by <c>instanceId</c> only. The product, which may be absent, is only kept with the order.
/// </summary>
internal sealed partial class RefreshLicenseHandler(
    LicenseService licenses, RefusedCalls refused, IOptions<MarketplaceOptions> options, ILogger<RefreshLicenseHandler> logger) : InstanceHandler(licenses, refused)
{
    /// <inheritdoc/>
    public override string Activity => "refreshLicense";

    /// <inheritdoc/>
    protected override Asked Read(ParameterReader parameters, CallSource source)
    {
        var productId = parameters.OptionalName("productId", 64, out var remark);
        var expiresAt = parameters.RequiredExpireTime(options.Value.ExpireTimeOffset);
        if (remark is not null && parameters.Problem is null)
        {
            LogCut(source.OrderId, remark);
        }

        return new Asked(
            new LicenseCommand.SetTerm(source, MarketplacePolicy.Calls, TermPurpose.Unstated, expiresAt) { Order = new TermOrder(RefreshScenes.Shown, productId) },
            [CallKey.Renewal(RefreshScenes.InKeys, source.OrderId ?? "", orderLineId: "", expiresAt)]);
    }

    [LoggerMessage(LogLevel.Warning, "Order {OrderId} is kept with another product id than it came with: {Remark}")]
    private partial void LogCut(string? orderId, string remark);
}
