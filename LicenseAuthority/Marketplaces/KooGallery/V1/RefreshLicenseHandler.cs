using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Marketplaces.Watch;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>
/// Serves <c>refreshLicense</c> (protocol section 3): a renewal, the refund of one, or a trial that became formal. V1 does not say which; the date has to
/// tell. The order is a new one: the instance is known by <c>instanceId</c> only. The product, which may be absent, is only kept with the order.
/// </summary>
internal sealed partial class RefreshLicenseHandler(
    LicenseService licenses, RefusedCalls refused, MissedRenewals missed, IOptions<MarketplaceOptions> options, ILogger<RefreshLicenseHandler> logger)
    : InstanceHandler(licenses, refused)
{
    /// <inheritdoc/>
    public override string Activity => "refreshLicense";

    /// <inheritdoc/>
    /// <remarks>The marketplace calls once: what was paid for is kept for an operator. Of a license that is over it was kept with the answer.</remarks>
    public override async Task RefusedAsync(MarketplaceCall call, MarketplaceAnswer answer, bool storeIsBusy)
    {
        await base.RefusedAsync(call, answer, storeIsBusy);
        if (answer != InstanceAnswer.Unserved && !call.SaysTest && ReadRefused(call, $"answered {answer}") is { } renewal)
        {
            await missed.KeepAsync(renewal, storeIsBusy);
        }
    }

    // Null: the order cannot be read, and it is the one thing that is needed.
    private UnservedRenewal? ReadRefused(MarketplaceCall call, string reason)
    {
        var parameters = call.Parameters;
        if (ReadId(parameters, "orderId") is not { } orderId)
        {
            return null;
        }

        var expiresAt = parameters.FirstRepeated == "expireTime" ? null : new ParameterReader(parameters).OptionalExpireTime(options.Value.ExpireTimeOffset);
        return new UnservedRenewal(
            new LicenseTarget(ReadId(parameters, "instanceId") ?? "", call.Account.Name),
            new CallSource(CallSource.Marketplace, Activity, orderId),
            MarketplacePolicy.Calls,
            new TermOrder(RefreshScenes.Shown, ReadId(parameters, "productId")),
            expiresAt is { } end ? CallKey.Renewal(RefreshScenes.InKeys, orderId, orderLineId: "", end) : null,
            expiresAt,
            reason);
    }

    private static string? ReadId(ICallParameters parameters, string name)
    {
        var reader = new ParameterReader(parameters);
        var id = reader.Required(name, ParameterReader.LongestId);
        return reader.Problem is null && parameters.FirstRepeated != name ? id : null;
    }

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
